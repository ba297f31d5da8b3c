using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit.Journal;

/// <summary>Names and small files of a journal's directory.</summary>
internal static class JournalFiles
{
    /// <summary>Name of the file that holds the instance id and nothing else, so that its SHA-256 is the first entry's link.</summary>
    public const string InstanceName = "instance";

    private const string LockName = "lock";
    private const string Prefix = "journal-";
    private const string Suffix = ".ndjson";
    private const int Digits = 20;
    private const int InstanceLength = 26;

    /// <summary>Name of the segment that begins with an entry.</summary>
    public static string SegmentName(long first) =>
        Prefix + first.ToString("D20", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>The segments of a directory by their first entry. Files with other names are not the journal's.</summary>
    public static List<Segment> Segments(string directory)
    {
        var segments = new List<Segment>();
        foreach (var path in Directory.EnumerateFiles(directory, Prefix + "*" + Suffix))
        {
            var name = Path.GetFileName(path.AsSpan());
            var digits = name[Prefix.Length..^Suffix.Length];
            if (digits.Length == Digits && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                segments.Add(new Segment(first, path));
        }

        segments.Sort((left, right) => left.First.CompareTo(right.First));
        return segments;
    }

    /// <summary>The instance id; <see langword="null"/> where the directory has none.</summary>
    /// <exception cref="AuditJournalException">The file does not hold an id.</exception>
    public static string? ReadInstance(string directory)
    {
        var path = Path.Combine(directory, InstanceName);
        if (!File.Exists(path)) return null;
        if (TryReadInstance(path, out var instance)) return instance;
        throw new AuditJournalException($"{path} does not hold an instance id. Restore the file from a copy of the journal.");
    }

    /// <summary>Reads an instance file.</summary>
    /// <returns><see langword="false"/> if it does not hold an id.</returns>
    public static bool TryReadInstance(string path, out string instance)
    {
        instance = File.ReadAllText(path).TrimEnd('\r', '\n');
        return ExchangeIds.IsValid(instance);
    }

    /// <summary>
    /// Begins a journal: an empty first segment, then the instance file. In this order an instance without a segment
    /// is always a loss, never a start that was interrupted.
    /// </summary>
    public static string Begin(string directory)
    {
        using (var segment = new FileStream(Path.Combine(directory, SegmentName(1)), FileMode.OpenOrCreate, FileAccess.Write))
            segment.Flush(flushToDisk: true);
        var instance = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", InstanceLength);
        var path = Path.Combine(directory, InstanceName);
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(instance));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path);
        DirectoryFlush.Flush(directory);
        return instance;
    }

    /// <summary>Takes the directory for this process until the stream is disposed.</summary>
    /// <exception cref="AuditJournalException">Another process, or this one, writes the journal.</exception>
    public static FileStream Lock(string directory)
    {
        var path = Path.Combine(directory, LockName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException and not PathTooLongException)
        {
            throw new AuditJournalException(
                $"The audit journal in {Path.GetFullPath(directory)} is in use by another gateway. Stop it, or give this one its own directory (--audit DIR).",
                exception);
        }
    }

    /// <summary>A segment file.</summary>
    /// <param name="First">Number of its first entry, from its name.</param>
    /// <param name="Path">Where it is.</param>
    internal readonly record struct Segment(long First, string Path)
    {
        /// <summary>Its name without the directory.</summary>
        public string Name => System.IO.Path.GetFileName(Path);
    }
}
