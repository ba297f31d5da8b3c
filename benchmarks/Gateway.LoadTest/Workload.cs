using System.Text;

namespace Gateway.LoadTest;

/// <summary>What is asked and answered in exchange number N: a function of the seed, the texts and N alone.</summary>
internal sealed class Workload
{
    public const int TextBytes = 1024;

    // Of 100 exchanges one has a word in its prompt and one in its answer: 1 % of the texts.
    private const int Period = 100, PlantedPrompt = 17, PlantedAnswer = 67;

    private readonly Template[] _prompts, _streamPrompts, _plantedPrompts, _plantedStreamPrompts;
    private readonly Answer[] _answers, _plantedAnswers;

    private Workload(Random random, string[] texts, string[] terms)
    {
        Terms = terms;
        random.Shuffle(texts);
        string[] prompts = texts[..(texts.Length / 2)], answers = texts[(texts.Length / 2)..];
        string[] plantedPrompts = [.. prompts.Take(64).Select(text => WithTerm(text, terms[random.Next(terms.Length)]))];
        _prompts = [.. prompts.Select(text => Request(text, stream: false))];
        _streamPrompts = [.. prompts.Select(text => Request(text, stream: true))];
        _plantedPrompts = [.. plantedPrompts.Select(text => Request(text, stream: false))];
        _plantedStreamPrompts = [.. plantedPrompts.Select(text => Request(text, stream: true))];
        _answers = [.. answers.Select(text => new Answer(Numbered(text), null))];
        _plantedAnswers = [.. answers.Take(64).Select(text =>
        {
            string term = terms[random.Next(terms.Length)];
            return new Answer(Numbered(WithTerm(text, term)), term);
        })];
    }

    public IReadOnlyList<string> Terms { get; }

    public static async Task<Workload> LoadAsync(string dataFolder, int seed, int terms, CancellationToken cancellation)
    {
        string corpus = Path.Combine(dataFolder, "corpus");
        IReadOnlyList<string>[] texts = await Task.WhenAll(
            CorpusSample.ReadAsync(Path.Combine(corpus, "zh.txt.xz"), TextBytes, cancellation),
            CorpusSample.ReadAsync(Path.Combine(corpus, "en.txt.xz"), TextBytes, cancellation));
        var random = new Random(seed);
        return new Workload(random, [.. texts[0], .. texts[1]], TermList.Make(random, texts[0], texts[1], terms));
    }

    public static Plant PlantOf(long number) => (number % Period) switch
    {
        PlantedPrompt => Plant.Prompt,
        PlantedAnswer => Plant.Answer,
        _ => Plant.None,
    };

    public Template RequestOf(long number, bool stream)
    {
        Template[] pool = (PlantOf(number) == Plant.Prompt, stream) switch
        {
            (false, false) => _prompts,
            (false, true) => _streamPrompts,
            (true, false) => _plantedPrompts,
            (true, true) => _plantedStreamPrompts,
        };
        return Pick(pool, number);
    }

    public Answer AnswerOf(long number) => Pick(PlantOf(number) == Plant.Answer ? _plantedAnswers : _answers, number);

    // Planted numbers are 100 apart: dividing first spreads them over a small pool.
    private static T Pick<T>(T[] pool, long number) => pool[(number % Period + number / Period * 37) % pool.Length];

    private static string Numbered(string text) => $"[{Template.Slot}] {text}";

    private static Template Request(string text, bool stream)
    {
        string body = $$"""{"stream":{{(stream ? "true" : "false")}},"model":"bench","messages":[{"role":"user","content":"{{Numbered(text)}}"}]}""";
        int length = Encoding.UTF8.GetByteCount(body);
        return new Template(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{HttpReader.NumberHeader}: {Template.Slot}\r\nContent-Length: {length}\r\n\r\n{body}");
    }

    // In the second half, at a blank where there is one; the text keeps its size.
    private static string WithTerm(string text, string term)
    {
        int middle = text.Length / 2;
        int blank = text.IndexOf(' ', middle);
        int at = blank >= 0 && blank < text.Length * 3 / 4 ? blank : middle;
        if (char.IsLowSurrogate(text[at])) at++;
        int end = Math.Max(at, text.Length - term.Length - 2);
        if (end < text.Length && char.IsLowSurrogate(text[end])) end++;
        return $"{text[..at]} {term} {text[at..end]}";
    }
}
