using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary><c>gateway audit verify DIR</c>: whether a journal, or a copy of one, is as it was written.</summary>
internal sealed class AuditVerifyCommand
{
    private readonly string _directory;
    private readonly IReadOnlyList<string> _keys;
    private readonly IReadOnlyList<string> _anchors;

    /// <summary>Prepares the command.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="keys">Files with public keys; none takes the keys the journal brings.</param>
    /// <param name="anchors">Places of anchors.</param>
    public AuditVerifyCommand(string directory, IReadOnlyList<string>? keys = null, IReadOnlyList<string>? anchors = null)
    {
        _directory = directory;
        _keys = keys ?? [];
        _anchors = anchors ?? [];
    }

    /// <summary>Verifies and says what is proven and what is not.</summary>
    /// <param name="output">Where the answer goes.</param>
    /// <param name="error">Where the reason goes if there is no answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>0 sound, 1 broken, 2 unreadable.</returns>
    public async Task<int> RunAsync(TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        try
        {
            using var ring = _keys.Count > 0 ? new SealKeyRing(_keys) : null;
            if (File.Exists(Path.Combine(_directory, ExportVerification.ManifestName))) return ExportVerification.Run(_directory, ring, output);
            if (!File.Exists(Path.Combine(_directory, "instance")) && (_directory.Contains(':', StringComparison.Ordinal) || Directory.Exists(Path.Combine(_directory, "archive"))))
                return await VerifyArchiveAsync(ring, output, error, cancellationToken);
            var found = JournalVerifier.Verify(_directory, ring, await ReadAnchorsAsync(null, cancellationToken), cancellationToken);
            return Print(found, output, error);
        }
        catch (Exception exception) when (exception is AuditFormatException or ObjectStoreException or AuditJournalException or ConfigurationException)
        {
            error.WriteLine($"unreadable: {exception.Message}");
            return AuditExit.Unreadable;
        }
    }

    private async Task<int> VerifyArchiveAsync(SealKeyRing? ring, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var store = StorePlaces.Open(_directory, TimeProvider.System);
        var exit = AuditExit.Good;
        foreach (var instance in await ArchiveFolder.InstancesAsync(store, cancellationToken))
        {
            var found = await ArchiveVerifier.VerifyAsync(store, instance, ring, await ReadAnchorsAsync(instance, cancellationToken), cancellationToken);
            exit = Math.Max(exit, Print(found, output, error));
        }

        return exit;
    }

    private static int Print(ArchiveVerification found, TextWriter output, TextWriter error)
    {
        if (found.Soundness == JournalSoundness.Unreadable)
        {
            error.WriteLine($"unreadable: {found.Problem}");
            return AuditExit.Unreadable;
        }

        if (found.Soundness == JournalSoundness.Broken)
        {
            output.WriteLine($"broken: {found.Fault}");
            return AuditExit.Bad;
        }

        output.WriteLine(Line($"sound: {found.Entries} entries in {found.Segments} segments ({found.Deleted} deleted) of the archive, journal {found.Instance}"));
        foreach (var sentence in found.Proven) output.WriteLine($"proven: {sentence}.");
        foreach (var sentence in found.NotProven) output.WriteLine($"not proven: {sentence}.");
        return AuditExit.Good;
    }

    private static int Print(JournalVerification found, TextWriter output, TextWriter error)
    {
        switch (found.Soundness)
        {
            case JournalSoundness.Unreadable:
                error.WriteLine($"unreadable: {found.Problem}");
                return AuditExit.Unreadable;
            case JournalSoundness.Broken:
                output.WriteLine($"broken: {found.Fault}");
                output.WriteLine(Line($"{found.Entries} entries before it fit."));
                return AuditExit.Bad;
            default:
                output.WriteLine(Line($"sound: {found.Entries} entries of {found.Exchanges} exchanges, journal {found.Instance}"));
                output.WriteLine(Line($"head: entry {found.Last.Sequence}, {found.Last.Hash}"));
                if (found.LastSeal is { } seal) output.WriteLine(Line($"seals: {found.Seals}, the last one number {seal.Number} over entry {seal.HeadSeq}, {found.SealedAt}, key {seal.KeyId}"));
                if (found.OpenExchanges > 0)
                    output.WriteLine(Line($"note: {found.OpenExchanges} exchanges have no close: they are running, or the next start closes them as lost."));
                if (found.TornBytes > 0)
                    output.WriteLine(Line($"note: {found.TornBytes} bytes of an unfinished entry at the end: being written, or interrupted; the next start cuts them off."));
                foreach (var sentence in found.Proven) output.WriteLine($"proven: {sentence}.");
                foreach (var sentence in found.NotProven) output.WriteLine($"not proven: {sentence}.");
                return AuditExit.Good;
        }
    }

    private async Task<IReadOnlyDictionary<long, SealEntry>?> ReadAnchorsAsync(string? instance, CancellationToken cancellationToken)
    {
        if (_anchors.Count == 0) return null;
        instance ??= JournalReader.RequireInstance(_directory);
        var all = new SortedDictionary<long, SealEntry>();
        foreach (var place in _anchors)
        {
            using var store = StorePlaces.Open(place, TimeProvider.System);
            foreach (var (number, seal) in await new AnchorBook(store, instance).ReadAsync(cancellationToken)) all.TryAdd(number, seal);
        }

        return all;
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
