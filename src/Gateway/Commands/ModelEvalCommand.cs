using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Serving;

namespace Gateway.Commands;

/// <summary><c>gateway model eval</c>: runs the classifier as it serves, over labelled texts, and prints figures.</summary>
internal sealed class ModelEvalCommand
{
    // Texts in flight: enough to fill batches on every worker.
    private const int Ahead = 256;

    private readonly RiskClassifier _classifier;
    private readonly Func<Example, bool> _isWanted;
    private readonly Func<string, string> _spell = text => text;

    /// <exception cref="InvalidDataException">An option holds something else than it may.</exception>
    public ModelEvalCommand(RiskClassifier classifier, string? half, string? part, string? spelling)
    {
        _classifier = classifier;
        if (half is not (null or "a" or "b")) throw new InvalidDataException($"--half is \"{half}\": it must be a or b.");
        FamilyPart? wanted = part switch
        {
            null => null,
            "train" => FamilyPart.Train,
            "steer" => FamilyPart.Steer,
            "test" => FamilyPart.Test,
            _ => throw new InvalidDataException($"--part is \"{part}\": it must be train, steer or test."),
        };
        if (spelling is not null && !EvasiveSpelling.Ways.TryGetValue(spelling, out _spell!))
            throw new InvalidDataException($"--spelling is \"{spelling}\": it must be one of {string.Join(", ", EvasiveSpelling.Ways.Keys)}.");
        _isWanted = example =>
            (half is null || example.Family is not null || DevHalf.IsA(example) == (half == "a"))
            && (wanted is null || example.Family is not { } family || FamilyParts.Of(family) == wanted);
    }

    /// <exception cref="InvalidDataException">A line is no example, or none is left.</exception>
    public async Task RunAsync(string[] files, bool isJson, string? folder, TextWriter output, CancellationToken cancellationToken)
    {
        var texts = new List<ScoredText>();
        var pending = new Queue<(Example Example, Task<RiskScores> Scores)>();
        foreach (var example in files.SelectMany(Read).Where(_isWanted))
        {
            var spelled = example with { Text = _spell(example.Text) };
            pending.Enqueue((example, _classifier.ScoreAsync(spelled.Text.AsMemory(), spelled.Side, cancellationToken).AsTask()));
            if (pending.Count == Ahead) await TakeAsync();
        }

        while (pending.Count > 0) await TakeAsync();
        if (texts.Count == 0) throw new InvalidDataException("The files hold no text of the part that was asked for.");

        var evaluation = new ModelEvaluation(_classifier.Model.Labels, _classifier.Model.Thresholds, texts);
        var (json, markdown) = (EvaluationTable.Json(evaluation, $"{_classifier.Model.Manifest.Name}@{_classifier.Model.Version}"), EvaluationTable.Markdown(evaluation));
        await output.WriteLineAsync(isJson ? json : markdown);
        if (folder is null) return;
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "evaluation.json"), json, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "evaluation.md"), markdown, cancellationToken);

        async Task TakeAsync()
        {
            var (example, scores) = pending.Dequeue();
            var answer = await scores;
            texts.Add(new ScoredText(example, [.. answer.Labels.Select((_, label) => answer[label])]));
        }
    }

    private static IEnumerable<Example> Read(string path) =>
        File.Exists(path) ? SlotFiles.ReadFilled(path, 1) : throw new InvalidDataException($"{path} is missing.");
}
