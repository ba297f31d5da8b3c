using Gateway.Onnx.Evaluation;

namespace Gateway.Training.Data;

/// <summary>
/// The project's own pairs, filled and varied. Twins are always varied alike, so that a variation never tells which of
/// the two a text is: written questions lean harmless and commands harmful, and that must not be what is learnt.
/// </summary>
internal sealed class OwnPairs
{
    /// <summary>Fillings of a pattern with slots.</summary>
    private const int Fillings = 3;

    private static readonly Dictionary<string, string[]> Openings = new()
    {
        ["zh prompt"] = ["请问，", "你好，", "麻烦", "帮个忙：", "问一下，"],
        ["en prompt"] = ["Hi, ", "Hello! ", "Quick one: ", "Please help. ", "ok so "],
        ["zh response"] = ["好的，", "当然可以。", "没问题，", "您好，"],
        ["en response"] = ["Sure. ", "Of course. ", "Certainly! ", "Okay, "],
    };

    private static readonly Dictionary<string, string[]> Endings = new()
    {
        ["zh prompt"] = ["谢谢", "急，在线等", "请详细一点", "？"],
        ["en prompt"] = [" Thanks!", " I need this today.", " Give me details.", "?"],
        ["zh response"] = ["希望对你有帮助。", "还有什么需要吗？"],
        ["en response"] = [" Hope this helps!", " Anything else?"],
    };

    private OwnPairs(List<Example> train, List<Example> steer, List<Example> test) => (Train, Steer, Test) = (train, steer, test);

    /// <summary>Filled patterns to learn from; <see cref="Vary"/> makes more of each.</summary>
    public IReadOnlyList<Example> Train { get; }

    public IReadOnlyList<Example> Steer { get; }

    /// <summary>One filling of each pattern; never trained on.</summary>
    public IReadOnlyList<Example> Test { get; }

    /// <summary>Reads every <c>*.jsonl</c> of a folder, in the order of the names.</summary>
    /// <exception cref="InvalidDataException">A line is no pair, or two files share a family.</exception>
    public static OwnPairs Read(string folder)
    {
        List<Example> train = [], steer = [], test = [];
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (var example in SlotFiles.ReadFilled(path, Fillings))
            {
                if (example.Family is not { } family) throw new InvalidDataException($"{path}: a pair needs a family");
                if (files.TryGetValue(family, out var other) && other != path) throw new InvalidDataException($"{path}: family {family} is in {other}, too");
                files[family] = path;
                (FamilyParts.Of(family) switch { FamilyPart.Test => test, FamilyPart.Steer => steer, _ => train }).Add(example);
            }
        }

        return new OwnPairs(train, Once(steer), Once(test));
    }

    /// <summary>A variation of a text: opening, ending, last punctuation. Variation 0 is the text itself; twins get the same.</summary>
    public static Example Vary(Example example, int variation)
    {
        if (variation == 0) return example;
        var random = new Random(Stable(example.Family!, variation));
        var kind = $"{example.Language} {(example.Side == Gateway.Inspection.Detectors.TextSide.Response ? "response" : "prompt")}";
        var text = example.Text;
        if (random.Next(2) == 0) text = text.TrimEnd('.', '?', '!', '。', '？', '！', '…', '~');
        if (random.Next(3) == 0) text = Pick(Openings[kind], random) + text;
        if (random.Next(3) == 0) text += Pick(Endings[kind], random);
        return example with { Text = text };
    }

    private static string Pick(string[] from, Random random) => from[random.Next(from.Length)];

    private static int Stable(string family, int variation) => family.Aggregate(17 + variation, (hash, c) => unchecked((hash * 31) + c));

    /// <summary>Only the first filling of each half of a pair.</summary>
    private static List<Example> Once(List<Example> examples) => [.. examples.DistinctBy(example => (example.Family, example.IsBenign))];
}
