using System.Text;
using Gateway.Audit.Journal;

namespace Gateway.Audit.Verification;

/// <summary>
/// Verifies a journal, or a copy of one, by nothing but its files. Takes no lock and writes nothing. Run on a journal
/// that is being written, it judges what was there when it came by.
/// </summary>
public static class JournalVerifier
{
    /// <summary>What a sound chain proves.</summary>
    public const string Proven =
        "no entry was altered, removed, added or moved without re-hashing everything after it";

    /// <summary>What a chain without seals cannot prove.</summary>
    public const string NotProven =
        "that nothing was cut off at the end, and that the end or the whole journal was not written anew: there are no seals yet";

    /// <summary>Verifies.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="cancellationToken">Ends the walk with <see cref="OperationCanceledException"/>.</param>
    public static JournalVerification Verify(string directory, CancellationToken cancellationToken = default)
    {
        try
        {
            ArgumentException.ThrowIfNullOrEmpty(directory);
            if (InstanceFault(directory) is { } altered) return new JournalVerification { Soundness = JournalSoundness.Broken, Fault = altered };
            var instance = JournalReader.RequireInstance(directory);
            var walk = new JournalWalk(directory, instance);
            var fault = walk.Walk(cancellationToken);
            return new JournalVerification
            {
                Soundness = fault is null ? JournalSoundness.Sound : JournalSoundness.Broken,
                Instance = instance,
                Entries = walk.Chain.Sequence,
                Exchanges = walk.Chain.Exchanges,
                OpenExchanges = walk.Chain.OpenExchanges.Count,
                Last = new JournalPosition(walk.Chain.Sequence, Encoding.ASCII.GetString(walk.Chain.Hash)),
                TornBytes = walk.TornTail.Length,
                Fault = fault,
            };
        }
        catch (Exception exception) when (exception is AuditJournalException or IOException or UnauthorizedAccessException)
        {
            return new JournalVerification { Soundness = JournalSoundness.Unreadable, Problem = exception.Message };
        }
    }

    private static JournalFault? InstanceFault(string directory)
    {
        if (!Directory.Exists(directory)) return null;
        var path = Path.Combine(directory, JournalFiles.InstanceName);
        if (File.Exists(path))
        {
            return JournalFiles.TryReadInstance(path, out _)
                ? null
                : new JournalFault(JournalFaultKind.InstanceAltered, JournalFiles.InstanceName, 0, 0, 1, "the instance file does not hold an id: it was altered");
        }

        return JournalFiles.Segments(directory).Exists(segment => new FileInfo(segment.Path).Length > 0)
            ? new JournalFault(JournalFaultKind.InstanceAltered, JournalFiles.InstanceName, 0, 0, 1, "the instance file was removed")
            : null;
    }
}
