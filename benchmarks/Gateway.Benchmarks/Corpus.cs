using System.Diagnostics;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>
/// Texts of a compressed corpus file as documents of about 8 KiB (4 to 16, as prompts are): whole lines in a row, taken at
/// equal distances from the whole file, so that every source in it has its share.
/// </summary>
internal static class Corpus
{
    /// <summary>Bytes taken of each corpus, where it has as much.</summary>
    private const int Wanted = 8 << 20;

    private const int DocumentSize = 8 << 10;
    private const int MaxDocumentSize = 16 << 10;

    /// <summary>Reads the documents; each is a list of lines.</summary>
    public static List<string[]> Read(string file)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"'{file}' is missing: check --data or GATEWAY_DATA.", file);
        using Process xz = Process.Start(new ProcessStartInfo("xz", ["-dc", file]) { RedirectStandardOutput = true })!;
        var documents = new List<(string[] Lines, int Size)>();
        var lines = new List<string>();
        var size = 0;
        using (var reader = new StreamReader(xz.StandardOutput.BaseStream, new UTF8Encoding(false, throwOnInvalidBytes: true)))
        {
            while (reader.ReadLine() is { } line)
            {
                foreach (string piece in Cut(line))
                {
                    int bytes = Encoding.UTF8.GetByteCount(piece) + 1;
                    if (size + bytes > MaxDocumentSize) Close();
                    lines.Add(piece);
                    size += bytes;
                    if (size >= DocumentSize) Close();
                }
            }
        }

        xz.WaitForExit();
        if (xz.ExitCode != 0) throw new InvalidOperationException($"xz could not read '{file}' (exit code {xz.ExitCode}).");
        if (size > 0) Close();

        // Every document where the file is small, else one in so many that the wanted size comes together.
        long total = documents.Sum(document => (long)document.Size);
        double step = Math.Max(1, (double)total / Wanted);
        var taken = new List<string[]>();
        for (double at = 0; at < documents.Count; at += step) taken.Add(documents[(int)at].Lines);
        return taken;

        void Close()
        {
            if (lines.Count > 0) documents.Add(([.. lines], size));
            lines.Clear();
            size = 0;
        }
    }

    // A line that is longer than a document is cut, between characters.
    private static IEnumerable<string> Cut(string line)
    {
        const int Longest = DocumentSize / 3;
        for (int at = 0; ;)
        {
            int length = Math.Min(line.Length - at, Longest);
            if (at + length < line.Length && char.IsHighSurrogate(line[at + length - 1])) length--;
            yield return line.Substring(at, length);
            at += length;
            if (at == line.Length) yield break;
        }
    }
}
