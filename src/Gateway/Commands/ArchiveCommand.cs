using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
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

    private readonly string _consumer = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}");

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
                if (places.Options.Redis is { Length: > 0 }) await ArchiveRedisAsync(store, cancellationToken);
                else await ArchiveJournalAsync(store, cancellationToken);
                await DeleteOldAsync(store, cancellationToken);
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
                await Task.Delay(isGood ? settings.Interval : Breath, places.Clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return isGood ? AuditExit.Good : AuditExit.Unreadable;
    }

    private async Task ArchiveRedisAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        using var redis = new RedisCommands(places.Options.Redis!, "gateway-archive", places.Clock);
        foreach (var instance in await RedisEntries.InstancesAsync(redis, cancellationToken))
        {
            var source = new RedisArchiveSource(redis, instance, _consumer);
            if (!await source.TryOwnAsync(cancellationToken))
            {
                await output.WriteLineAsync($"journal {instance}: another archiver owns its stream");
                continue;
            }

            try
            {
                using var archiver = await OpenAsync(store, instance, cancellationToken);
                await source.BeginAsync(cancellationToken);
                while (await source.ReadAsync(cancellationToken) is { Count: > 0 } batch)
                {
                    if (!await source.TryOwnAsync(cancellationToken)) throw new ObjectStoreException($"Another archiver has taken over the stream of journal {instance}.");
                    foreach (var entry in batch)
                    {
                        if (archiver.Take(entry)) await EndAsync(archiver, cancellationToken);
                    }
                }

                if (settings.IsOnce || archiver.OldestWaiting >= settings.MaxAge) await EndAsync(archiver, cancellationToken);
                if (archiver.Archived.Sequence == 0) continue;

                // Only now, behind what was read back from the archive.
                if (await source.TryOwnAsync(cancellationToken)) await source.ConfirmAsync(archiver.Archived.Sequence, cancellationToken);
                MarkJournal(instance, archiver.Archived);
            }
            finally
            {
                await source.ReleaseAsync(CancellationToken.None);
            }
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
                if (archiver.Take(waiting.Dequeue())) await EndAsync(archiver, cancellationToken);
            }
        }

        if (settings.IsOnce || archiver.OldestWaiting >= settings.MaxAge) await EndAsync(archiver, cancellationToken);
        if (archiver.Archived.Sequence > 0) MarkJournal(instance, archiver.Archived);
    }

    private Task<Archiver> OpenAsync(ObjectStore store, string instance, CancellationToken cancellationToken) => Archiver.OpenAsync(
        store, instance, () => SealingKey.OpenOrMint(places.Options.KeysDirectory, KeyAccess.Master(places.Options, mayMint: true)), settings.SegmentBytes, places.Clock, cancellationToken);

    private async Task EndAsync(Archiver archiver, CancellationToken cancellationToken)
    {
        if (await archiver.EndSegmentAsync(cancellationToken) is not { } manifest) return;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"journal {manifest.Instance}: segment {manifest.Number}, entries {manifest.First} to {manifest.Last}, {manifest.Data.Bytes} bytes"));
    }

    /// <summary>Tells the journal's owner what it may remove; where nobody owns it, removes it here.</summary>
    private void MarkJournal(string instance, JournalPosition archived)
    {
        var directory = places.Options.Directory;
        if (!File.Exists(Path.Combine(directory, "instance")) || JournalReader.RequireInstance(directory) != instance) return;
        JournalTrimmer.Mark(directory, archived);
        JournalOwnership.TryWithout(directory, () => JournalTrimmer.Trim(directory, archived));
    }

    private async Task DeleteOldAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        var holds = HoldBook.Open(places.Options.KeysDirectory).Holds;
        foreach (var instance in await ArchiveFolder.InstancesAsync(store, cancellationToken))
        {
            var (deleted, held) = await ArchiveRetention.ApplyAsync(
                store, instance, settings.Months, holds, places.Clock.GetUtcNow(),
                facts => places.RecordAsync(RecordPlaces.Event(AuditEvents.Deletion, "archiver", "retention ended", facts: facts), cancellationToken), cancellationToken);
            foreach (var manifest in deleted) await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"journal {instance}: entries {manifest.First} to {manifest.Last} deleted, their retention ended"));
            foreach (var manifest in held) await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"journal {instance}: entries {manifest.First} to {manifest.Last} kept by a legal hold"));
        }
    }

    private static bool IsOutside(Exception fault) =>
        fault is ObjectStoreException or StackExchange.Redis.RedisException or TimeoutException or AuditJournalException and not AuditJournalBrokenException or IOException;
}
