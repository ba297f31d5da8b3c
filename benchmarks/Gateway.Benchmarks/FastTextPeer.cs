using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gateway.Inspection.Text;
using Gateway.Onnx.Evaluation;

namespace Gateway.Benchmarks;

/// <summary>Debian's fasttext, trained on the same texts and asked about the same texts, in a folder of its own.</summary>
internal sealed class FastTextPeer : IDisposable
{
    private const string Harmful = "__label__harmful";
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-fasttext-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Seconds it trained.</summary>
    public double TrainingSeconds { get; private set; }

    /// <summary>Texts judged a second in one process, loading of the model included.</summary>
    public double TextsPerSecond { get; private set; }

    /// <summary>Bytes of its model.</summary>
    public long ModelBytes { get; private set; }

    public void Train(IEnumerable<Example> examples)
    {
        File.WriteAllLines(Path.Combine(_folder, "train.txt"), examples.Select(example => $"{(example.IsBenign ? "__label__harmless" : Harmful)} {Words(example.Text)}"));
        var clock = Stopwatch.StartNew();
        Run("supervised", "-input", Path.Combine(_folder, "train.txt"), "-output", Path.Combine(_folder, "model"),
            "-dim", "50", "-lr", "0.3", "-epoch", "8", "-wordNgrams", "3", "-minn", "3", "-maxn", "5", "-bucket", "1000000", "-thread", "2", "-verbose", "0");
        TrainingSeconds = clock.Elapsed.TotalSeconds;
        ModelBytes = new FileInfo(Path.Combine(_folder, "model.bin")).Length;
    }

    /// <summary>The probability of harm of each text.</summary>
    public float[] Score(IReadOnlyList<Example> examples)
    {
        File.WriteAllLines(Path.Combine(_folder, "test.txt"), examples.Select(example => Words(example.Text)));
        var clock = Stopwatch.StartNew();
        var lines = Run("predict-prob", Path.Combine(_folder, "model.bin"), Path.Combine(_folder, "test.txt"), "2").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        TextsPerSecond = examples.Count / clock.Elapsed.TotalSeconds;
        if (lines.Length != examples.Count) throw new WrongAnswerException($"fasttext answered {lines.Length} of {examples.Count} texts");
        return [.. lines.Select(line =>
        {
            var fields = line.Split(' ');
            var at = Array.IndexOf(fields, Harmful);
            return at < 0 ? 0f : float.Parse(fields[at + 1], CultureInfo.InvariantCulture);
        })];
    }

    /// <summary>Folded as ours is, with Han characters as words of their own: fasttext cuts at blanks.</summary>
    private static string Words(string text)
    {
        var words = new StringBuilder(text.Length * 2);
        foreach (var rune in TextFolder.Default.Fold(text).EnumerateRunes())
        {
            if (rune.Value >= 0x2E80) words.Append(' ').Append(rune.ToString()).Append(' ');
            else words.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return words.Length == 0 ? "." : words.ToString();
    }

    private static string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("fasttext", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("fasttext could not be started");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"fasttext {arguments[0]} ended with {process.ExitCode}");
    }
}
