using System.Diagnostics;

namespace Gateway.Training.Data;

/// <summary>Reads unlabelled text, a paragraph a line, from <c>*.txt</c> and <c>*.txt.xz</c>.</summary>
internal static class Corpus
{
    /// <summary>Shorter lines hold too little to predict anything from.</summary>
    private const int Shortest = 12;

    /// <summary>Reads the named files of a folder.</summary>
    /// <exception cref="InvalidDataException">A file is missing or cannot be unpacked.</exception>
    public static IEnumerable<string> Read(string folder, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            var (plain, packed) = (Path.Combine(folder, $"{name}.txt"), Path.Combine(folder, $"{name}.txt.xz"));
            if (!File.Exists(plain) && !File.Exists(packed)) throw new InvalidDataException($"{plain} and {packed} are missing: --corpus must name a folder with unlabelled text");
            foreach (var line in File.Exists(plain) ? File.ReadLines(plain) : Unpack(packed))
                if (line.Length >= Shortest) yield return line;
        }
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
