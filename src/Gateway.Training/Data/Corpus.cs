using System.Diagnostics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;

namespace Gateway.Training.Data;

/// <summary>
/// Harmless text of a public corpus, a paragraph a line, from <c>*.txt</c> and <c>*.txt.xz</c>: laws, encyclopedias, manuals, news, answers. Its web
/// comments, stories and dialogues are left out, for some of them are not harmless.
/// </summary>
internal static class Corpus
{
    /// <summary>What <see cref="Example.Source"/> of such a text says.</summary>
    public const string Source = "corpus";

    private const int Shortest = 13, Longest = 699;

    /// <summary>Lines of a file that a harmless source wrote (first and last, by the corpus's own table), and how many of them are taken.</summary>
    private static readonly (string Language, int First, int Last, int Most)[] Parts =
    [
        ("zh", 108_288, 155_151, 9000), // laws
        ("zh", 193_636, 203_598, 3000), // help with office programs
        ("zh", 203_599, 230_901, 4000), // programming
        ("zh", 256_371, 279_444, 5000), // programming
        ("zh", 345_161, 351_310, 6000), // encyclopedia
        ("zh", 361_699, 365_016, 3300), // news
        ("zh", 388_774, 392_590, 2000), // recipes
        ("en", 1, 61_811, 14_000), // encyclopedia
        ("en", 119_562, 168_614, 9000), // news and guides of public services
        ("en", 225_716, 235_749, 6000), // questions and answers
        ("en", 235_750, 267_112, 4000), // programming
        ("en", 267_113, 311_603, 6000), // documents of software
        ("en", 312_765, 314_723, 1900), // news
    ];

    /// <summary>Reads what harmless sources wrote in <c>zh</c> and <c>en</c> of a folder, half of it as prompts.</summary>
    /// <exception cref="InvalidDataException">A file is missing or cannot be unpacked.</exception>
    public static IEnumerable<Example> Read(string folder, int seed)
    {
        var random = new Random(seed);
        foreach (var file in Parts.GroupBy(part => part.Language))
        {
            string[] lines = [.. Lines(folder, file.Key)];
            foreach (var (language, first, last, most) in file)
            {
                var part = lines.Skip(first - 1).Take(last - first + 1).Where(line => line.Length is >= Shortest and <= Longest).ToArray();
                random.Shuffle(part);
                foreach (var line in part.Take(most))
                    yield return new Example(line, language, random.Next(2) == 0 ? TextSide.Prompt : TextSide.Response, [], Source);
            }
        }
    }

    private static IEnumerable<string> Lines(string folder, string name)
    {
        var (plain, packed) = (Path.Combine(folder, $"{name}.txt"), Path.Combine(folder, $"{name}.txt.xz"));
        if (!File.Exists(plain) && !File.Exists(packed)) throw new InvalidDataException($"{plain} and {packed} are missing: --corpus must name a folder with harmless text");
        return File.Exists(plain) ? File.ReadLines(plain) : Unpack(packed);
    }

    /// <summary>The class library cannot read xz; the tool that can is on every Linux.</summary>
    private static IEnumerable<string> Unpack(string path)
    {
        var start = new ProcessStartInfo("xz", ["-dc", path]) { RedirectStandardOutput = true, StandardOutputEncoding = System.Text.Encoding.UTF8 };
        using var xz = Process.Start(start) ?? throw new InvalidDataException($"xz could not be started to unpack {path}");
        while (xz.StandardOutput.ReadLine() is { } line) yield return line;
        xz.WaitForExit();
        if (xz.ExitCode != 0) throw new InvalidDataException($"{path} cannot be unpacked: xz ended with {xz.ExitCode}");
    }
}
