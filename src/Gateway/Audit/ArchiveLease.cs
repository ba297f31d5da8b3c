using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// The right to archive one stream: one archiver has it at a time. It is renewed while work goes on, however long that takes,
/// and runs out a few seconds after its owner died, so that another takes the work over.
/// </summary>
internal sealed class ArchiveLease : IAsyncDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);

    private readonly RedisCommands _redis;
    private readonly RedisKey _key;
    private readonly string _owner;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ended;
    private Task _renewing = Task.CompletedTask;

    private ArchiveLease(RedisCommands redis, string instance, string owner, TimeProvider clock, CancellationToken cancellationToken)
    {
        (_redis, _key, _owner, _clock) = (redis, "gateway:archive:{" + instance + "}", owner, clock);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Is cancelled when the lease is lost, or the caller gives up: no work may go on then.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Whether another archiver has the stream now.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Takes the right to archive a stream, and keeps it until disposed.</summary>
    /// <param name="configuration">The Redis server; the lease has a connection of its own, for work may fill another.</param>
    /// <param name="instance">Id of the journal.</param>
    /// <param name="owner">Who: of all archivers only this one, in this life.</param>
    /// <param name="clock">Clock of the renewals.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see langword="null"/> while another has it.</returns>
    public static async Task<ArchiveLease?> TryTakeAsync(string configuration, string instance, string owner, TimeProvider clock, CancellationToken cancellationToken)
    {
        var lease = new ArchiveLease(new RedisCommands(configuration, "gateway-archive-lease", clock), instance, owner, clock, cancellationToken);
        try
        {
            if (await lease.RenewAsync(cancellationToken))
            {
                lease._renewing = lease.KeepAsync();
                return lease;
            }
        }
        catch
        {
            lease.End();
            throw;
        }

        lease.End();
        return null;
    }

    /// <summary>Gives the right back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
        try
        {
            await _redis.ExecuteAsync("EVAL", CancellationToken.None, RedisAuditScripts.Release, 1, _key, _owner);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException)
        {
            // A Redis that is away forgets it in time.
        }

        End();
    }

    private void End()
    {
        _redis.Dispose();
        _ended.Dispose();
    }

    private async Task<bool> RenewAsync(CancellationToken cancellationToken) => (long)await _redis.ExecuteAsync(
        "EVAL", cancellationToken, RedisAuditScripts.Lease, 1, _key, _owner, ((long)Length.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)) == 1;

    private async Task KeepAsync()
    {
        var renewed = _clock.GetTimestamp();
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Renewal, _clock, _ended.Token);
                if (await RenewAsync(_ended.Token)) renewed = _clock.GetTimestamp();
                else IsLost = true;
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
            {
                // A Redis that does not answer may have given the right to another in the meantime.
                IsLost = _clock.GetElapsedTime(renewed) > Length;
            }

            if (IsLost) await _ended.CancelAsync();
        }
    }
}
