using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Verification;

/// <summary>
/// Verifies a journal, or a copy of one, by its files and, where given, public keys and anchors. Takes no lock and
/// writes nothing. Run on a journal that is being written, it judges what was there when it came by.
/// </summary>
public static class JournalVerifier
{
    /// <summary>Verifies.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="ring">Public keys; <see langword="null"/> takes the keys the journal itself brings.</param>
    /// <param name="anchors">Seals kept in a second place, by number; <see langword="null"/> where they were not asked for.</param>
    /// <param name="cancellationToken">Ends the walk with <see cref="OperationCanceledException"/>.</param>
    public static JournalVerification Verify(
        string directory, SealKeyRing? ring = null, IReadOnlyDictionary<long, SealEntry>? anchors = null, CancellationToken cancellationToken = default)
    {
        try
        {
            ArgumentException.ThrowIfNullOrEmpty(directory);
            if (InstanceFault(directory) is { } altered) return new JournalVerification { Soundness = JournalSoundness.Broken, Fault = altered };
            var instance = JournalReader.RequireInstance(directory);
            using var own = ring is null ? new SealKeyRing() : null;
            var walk = new JournalWalk(directory, instance, ring ?? own, anchors);
            var fault = walk.Walk(cancellationToken);
            var seals = walk.Seals!;
            var found = new JournalVerification
            {
                Soundness = fault is null ? JournalSoundness.Sound : JournalSoundness.Broken,
                Instance = instance,
                Entries = walk.Chain.Sequence - (walk.Start?.Sequence ?? 0),
                Exchanges = walk.Chain.Exchanges,
                OpenExchanges = walk.Chain.OpenExchanges.Count,
                Last = new JournalPosition(walk.Chain.Sequence, Encoding.ASCII.GetString(walk.Chain.Hash)),
                TornBytes = walk.TornTail.Length,
                Trimmed = walk.Start?.Sequence ?? 0,
                Seals = seals.Count,
                LastSeal = seals.Last,
                SealedAt = seals.LastTime,
                SealedThrough = seals.ProvenThrough,
                IsKeyGiven = ring is { IsGiven: true },
                AnchoredThrough = seals.AnchoredThrough,
                AreAnchorsChecked = anchors is not null,
                Fault = fault,
            };
            return fault is null ? VerificationText.Complete(found) : found;
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
