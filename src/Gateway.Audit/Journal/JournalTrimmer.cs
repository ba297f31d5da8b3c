using System.Text;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Journal;

/// <summary>
/// Removes segments of a journal that the archive has taken over. Only the journal's owner may do it. What the first
/// remaining entry links to is written down before anything is removed, so that the rest verifies.
/// </summary>
public static class JournalTrimmer
{
    /// <summary>Name of the file in which an archiver says how far the archive holds the journal.</summary>
    public const string MarkName = "archived";

    /// <summary>Says how far the archive holds a journal.</summary>
    public static void Mark(string directory, JournalPosition archived)
    {
        var path = Path.Combine(directory, MarkName);
        var text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{archived.Sequence} {archived.Hash}\n");
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        DirectoryFlush.Flush(directory);
    }

    /// <summary>How far the archive holds a journal.</summary>
    public static JournalPosition ReadMark(string directory)
    {
        var path = Path.Combine(directory, MarkName);
        if (!File.Exists(path)) return JournalPosition.None;
        var parts = File.ReadAllText(path).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2 && long.TryParse(parts[0], System.Globalization.CultureInfo.InvariantCulture, out var sequence)
            ? new JournalPosition(sequence, parts[1])
            : JournalPosition.None;
    }

    /// <summary>Removes whole segments up to an entry that the archive holds. The last segment always stays.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="archived">The last entry that the archive holds.</param>
    /// <param name="forwarded">Last entry that every other reader has taken; nothing beyond is removed.</param>
    /// <returns>Number of the last entry removed; 0 if nothing was.</returns>
    /// <exception cref="AuditJournalBrokenException">The journal differs from what was archived, or is damaged; nothing was removed.</exception>
    public static long Trim(string directory, JournalPosition archived, long forwarded = long.MaxValue)
    {
        var segments = JournalFiles.Segments(directory);
        var start = JournalStart.Read(directory);
        var removable = new List<JournalFiles.Segment>();
        for (var index = 0; index + 1 < segments.Count && segments[index + 1].First - 1 <= Math.Min(archived.Sequence, forwarded); index++) removable.Add(segments[index]);
        if (removable.Count == 0) return 0;

        // 1. What the archive says it holds must be what stands here.
        var instance = JournalReader.RequireInstance(directory);
        using (var reader = new JournalReader(directory))
        {
            reader.SeekAfter(archived.Sequence - 1);
            if (!reader.TryRead(out var held) || held.Hash != archived.Hash)
            {
                throw new AuditJournalBrokenException(new JournalFault(
                    JournalFaultKind.LinkBroken, segments[0].Name, 0, 0, archived.Sequence, "the archive holds another entry than the journal"));
            }
        }

        // 2. The chain through what goes, for the place where the rest begins.
        var remaining = removable.Where(segment => start is null || segment.First > start.Sequence).ToList();
        var chain = new ChainWalker(instance, start);
        foreach (var segment in remaining)
        {
            using var lines = new LineScanner(segment.Path);
            while (lines.TryRead(out var line))
            {
                if (chain.Check(line, segment.Name, lines) is { } fault) throw new AuditJournalBrokenException(fault);
            }
        }

        if (remaining.Count > 0)
        {
            var seal = chain.LastSeal?.Parse() is SealEntry parsed
                ? new SealPoint(parsed.Number, parsed.HeadSeq, parsed.StatementHash(instance), parsed.KeyId, chain.LastSeal.Sequence)
                : start?.Seal;
            new JournalStart { Sequence = chain.Sequence, Hash = Encoding.ASCII.GetString(chain.Hash), Open = [.. chain.OpenExchanges], Seal = seal }.Write(directory);
        }

        // 3. Oldest first: whatever interrupts this leaves a journal that verifies.
        foreach (var segment in removable) File.Delete(segment.Path);
        DirectoryFlush.Flush(directory);
        return chain.Sequence;
    }
}
