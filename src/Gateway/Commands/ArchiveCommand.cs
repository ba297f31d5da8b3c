using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway archive</c>: brings entries from Redis, or straight from the journal, into sealed segments, trims what is
/// archived, and deletes what has been kept long enough.
/// </summary>
internal sealed class ArchiveCommand(RecordPlaces places, ArchiveSettings settings, TextWriter output, TextWriter error)
{
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetentionPause = TimeSpan.FromHours(1);
    private const string RetentionEnded = "retention ended";

    // Containers share process ids and names of machines: only a number of its own tells one life of an archiver from another.
    private readonly string _consumer = $"{Environment.MachineName}-{Guid.NewGuid():N}";
    private long? _retentionLooked;

    /// <summary>Runs once, or until it is told to stop.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var store = places.Archive ?? throw new ConfigurationException("Where to archive to is not set. Name a directory or s3://BUCKET/PREFIX with --to.");
        if (settings.Months < ArchiveRetention.LeastMonths)
            throw new ConfigurationException($"The retention is {settings.Months} months, but must be at least {ArchiveRetention.LeastMonths}.");
        var isGood = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            isGood = true;
            try
            {
                if (places.Options.Redis is { Length: > 0 } redis) isGood = await ArchiveRedisAsync(store, redis, cancellationToken);
                else await ArchiveJournalAsync(store, cancellationToken);
                isGood &= await DeleteOldAsync(store, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault) when (!settings.IsOnce && IsOutside(fault))
            {
                // A place that is away comes back; what was not confirmed is taken again.
                isGood = false;
                await error.WriteLineAsync($"gateway: {fault.Message} Trying again.");
            }

            if (settings.IsOnce) break;
            try
            {
                await Task.Delay(isGood || settings.Interval < Breath ? settings.Interval : Breath, places.Clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return isGood ? AuditExit.Good : AuditExit.Unreadable;
    }

    /// <summary>Archives every stream that no other archiver owns.</summary>
    /// <returns>False if one of them could not be: what is wrong with one journal must not keep the others from the archive.</returns>
    private async Task<bool> ArchiveRedisAsync(ObjectStore store, string configuration, CancellationToken cancellationToken)
    {
        var isGood = true;
        using var redis = new RedisCommands(configuration, "gateway-archive", places.Clock);
        foreach (var instance in await RedisEntries.InstancesAsync(redis, cancellationToken))
        {
            await using var lease = await ArchiveLease.TryTakeAsync(configuration, instance, _consumer, places.Clock, cancellationToken);
            if (lease is null)
            {
                await output.WriteLineAsync($"journal {instance}: another archiver owns its stream");
                continue;
            }

            try
            {
                await ArchiveStreamAsync(store, redis, instance, lease.Ended);
            }
            catch (OperationCanceledException) when (lease.IsLost && !cancellationToken.IsCancellationRequested)
            {
                isGood = false;
                await error.WriteLineAsync($"gateway: another archiver may have taken over the stream of journal {instance}.");
            }
            catch (Exception fault) when (IsOutside(fault) || fault is AuditFormatException or InvalidDataException)
            {
                isGood = false;
                await error.WriteLineAsync($"gateway: {fault.Message}");
            }
        }

        return isGood;
    }

    private async Task ArchiveStreamAsync(ObjectStore store, RedisCommands redis, string instance, CancellationToken cancellationToken)
    {
        var source = new RedisArchiveSource(redis, instance, _consumer);
        using var archiver = await OpenAsync(store, instance, cancellationToken);
        await source.BeginAsync(cancellationToken);

        // What an archiver before this one stored and did not live to confirm is not read again.
        if (archiver.Archived.Sequence > 0) await source.ConfirmAsync(archiver.Archived.Sequence, cancellationToken);
        while (await source.ReadAsync(cancellationToken) is { Count: > 0 } batch)
        {
            foreach (var entry in batch)
            {
                if (entry.Sequence > archiver.Taken.Sequence + 1) await BridgeAsync(archiver, entry.Sequence, cancellationToken);
                if (archiver.Take(entry)) await EndAsync(archiver, source, cancellationToken);
            }
        }

        if (settings.IsOnce || archiver.OldestWaiting >= settings.MaxAge) await EndAsync(archiver, source, cancellationToken);
    }

    /// <summary>Takes entries that the stream lost from the journal, where it is at hand: Redis holds later ones, so these are durable there.</summary>
    private async Task BridgeAsync(Archiver archiver, long until, CancellationToken cancellationToken)
    {
        var directory = places.Options.Directory;
        if (!IsHere(archiver.Instance) || (JournalStart.Read(directory)?.Sequence ?? 0) > archiver.Taken.Sequence) return;
        using var reader = new JournalReader(directory);
        reader.SeekAfter(archiver.Taken.Sequence);
        while (archiver.Taken.Sequence + 1 < until && reader.TryRead(out var entry))
        {
            if (archiver.Take(entry)) await EndAsync(archiver, null, cancellationToken);
        }
    }

    private async Task ArchiveJournalAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        var directory = places.Options.Directory;
        var instance = JournalReader.RequireInstance(directory);
        using var archiver = await OpenAsync(store, instance, cancellationToken);
        using var reader = new JournalReader(directory);
        reader.SeekAfter(archiver.Archived.Sequence);

        // What another process has just written may not be durable yet; what is sealed is. Nobody writing: all of it is.
        var isLive = JournalOwnership.IsTaken(directory);
        var waiting = new Queue<JournalEntry>();
        while (reader.TryRead(out var entry))
        {
            cancellationToken.ThrowIfCancellationRequested();
            waiting.Enqueue(entry);
            var safe = !isLive ? entry.Sequence : entry.Kind == AuditKinds.Seal && entry.Parse() is SealEntry seal ? seal.HeadSeq : 0;
            while (waiting.TryPeek(out var next) && next.Sequence <= safe)
            {
                if (archiver.Take(waiting.Dequeue())) await EndAsync(archiver, null, cancellationToken);
            }
        }

        if (settings.IsOnce || archiver.OldestWaiting >= settings.MaxAge) await EndAsync(archiver, null, cancellationToken);
        if (archiver.Archived.Sequence > 0) MarkJournal(instance, archiver.Archived);
    }

    private Task<Archiver> OpenAsync(ObjectStore store, string instance, CancellationToken cancellationToken) => Archiver.OpenAsync(
        store, instance, Key, settings.SegmentBytes, places.Clock, cancellationToken);

    /// <summary>Ends a segment, and trims stream and journal behind what was read back from the archive.</summary>
    private async Task EndAsync(Archiver archiver, RedisArchiveSource? source, CancellationToken cancellationToken)
    {
        if (await archiver.EndSegmentAsync(cancellationToken) is not { } manifest) return;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"journal {manifest.Instance}: segment {manifest.Number}, entries {manifest.First} to {manifest.Last}, {manifest.Data.Bytes} bytes"));
        if (source is null) return;
        await source.ConfirmAsync(archiver.Archived.Sequence, cancellationToken);
        MarkJournal(manifest.Instance, archiver.Archived);
    }

    /// <summary>Tells the journal's owner what it may remove; where nobody owns it, removes it here.</summary>
    private void MarkJournal(string instance, JournalPosition archived)
    {
        if (!IsHere(instance)) return;
        var directory = places.Options.Directory;
        JournalTrimmer.Mark(directory, archived);
        JournalOwnership.TryWithout(directory, () => JournalTrimmer.Trim(directory, archived));
    }

    private bool IsJournalHere => File.Exists(Path.Combine(places.Options.Directory, "instance"));

    private bool IsHere(string instance) =>
        IsJournalHere && JournalReader.RequireInstance(places.Options.Directory) == instance;

    /// <summary>Deletes what was kept long enough. It reads every manifest, so a long run looks once an hour.</summary>
    /// <returns>False if an archive could not be read.</returns>
    private async Task<bool> DeleteOldAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        if (_retentionLooked is { } looked && places.Clock.GetElapsedTime(looked) < RetentionPause) return true;
        var holds = HoldBook.Open(places.Options.KeysDirectory).Holds;
        var oldest = places.Clock.GetUtcNow();
        var isGood = true;
        foreach (var instance in await ArchiveFolder.InstancesAsync(store, cancellationToken))
        {
            try
            {
                var remaining = await DeleteOldAsync(store, instance, holds, cancellationToken);
                oldest = remaining < oldest ? remaining : oldest;
            }
            catch (AuditFormatException fault)
            {
                // What is wrong with one journal's archive must not keep the others': but how old its records are is not known then.
                isGood = false;
                await error.WriteLineAsync($"gateway: {fault.Message}");
            }
        }

        if (isGood) await EndKeysAsync(oldest, cancellationToken);
        _retentionLooked = places.Clock.GetTimestamp();
        return isGood;
    }

    /// <returns>The time of the oldest entry that remains.</returns>
    private async Task<DateTimeOffset> DeleteOldAsync(ObjectStore store, string instance, IReadOnlyList<LegalHold> holds, CancellationToken cancellationToken)
    {
        var (deleted, held, oldest) = await ArchiveRetention.ApplyAsync(
            store, instance, settings.Months, holds, places.Clock.GetUtcNow(), Key,
            facts => RecordHereAsync(RecordPlaces.Event(AuditEvents.Deletion, "archiver", RetentionEnded, facts: facts), cancellationToken), cancellationToken);
        var record = IsJournalHere ? "" : "; no journal is at hand: the signed statement in the archive is the record";
        foreach (var manifest in deleted) await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"journal {instance}: entries {manifest.First} to {manifest.Last} deleted, their retention ended{record}"));
        foreach (var manifest in held) await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"journal {instance}: entries {manifest.First} to {manifest.Last} kept by a legal hold"));
        return oldest;
    }

    /// <summary>Destroys the keys of months of unknown persons before the oldest record that remains anywhere: there is nothing left that they open.</summary>
    private async Task EndKeysAsync(DateTimeOffset oldest, CancellationToken cancellationToken)
    {
        if (!KeyStore.Exists(places.Options.KeysDirectory)) return;
        var due = places.Clock.GetUtcNow().AddMonths(-settings.Months);
        if (due < oldest) oldest = due;
        if (IsJournalHere)
        {
            using var reader = new JournalReader(places.Options.Directory);
            if (reader.TryRead(out var first) && first.Time < oldest) oldest = first.Time;
        }

        foreach (var pseudonym in places.Keys.UnknownBefore(oldest))
        {
            await RecordHereAsync(RecordPlaces.Event(AuditEvents.Erasure, "archiver", RetentionEnded, pseudonym), cancellationToken);
            places.Keys.Erase(pseudonym);
        }
    }

    /// <summary>Records an event in the chain of the journal that is at hand.</summary>
    /// <returns>Id of that journal; <see langword="null"/> where there is none: then what is signed in the archive is the record.</returns>
    private async Task<string?> RecordHereAsync(EventEntry happened, CancellationToken cancellationToken)
    {
        if (!IsJournalHere) return null;
        await places.RecordAsync(happened, cancellationToken);
        return JournalReader.RequireInstance(places.Options.Directory);
    }

    private SealingKey Key() => SealingKey.OpenOrMint(places.Options.KeysDirectory, KeyAccess.Master(places.Options, mayMint: true), places.Clock);

    private static bool IsOutside(Exception fault) =>
        fault is ObjectStoreException or StackExchange.Redis.RedisException or TimeoutException or AuditJournalException and not AuditJournalBrokenException or IOException;
}
