using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>
/// Brings seals to the places where they are anchored, one after another, without ever holding up the journal. A seal
/// that a place could not take is made good by the next.
/// </summary>
internal sealed class SealAnchors : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<(ObjectStore Store, AnchorBook Book)> _places = [];
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly object _gate = new();
    private SealEntry? _next;
    private Task _bringing = Task.CompletedTask;
    private long _waiting;

    private SealAnchors(TimeProvider clock, ILogger logger) => (_clock, _logger) = (clock, logger);

    /// <summary>Seals made and not yet held by every place.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>Opens the places that settings name.</summary>
    public static SealAnchors Open(GatewayOptions options, string instance, TimeProvider clock, ILogger logger)
    {
        var anchors = new SealAnchors(clock, logger);
        foreach (var place in Places(options))
        {
            var store = StorePlaces.Open(place, clock);
            anchors._places.Add((store, new AnchorBook(store, instance)));
        }

        return anchors;
    }

    /// <summary>The places that settings name; in regulated mode there is always one.</summary>
    public static IReadOnlyList<string> Places(GatewayOptions options)
    {
        if (options.Audit.Anchors is { Length: > 0 } named) return named.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (!options.Regulated) return [];
        return options.Audit.Redis is { Length: > 0 } redis
            ? ["redis:" + redis]
            : [Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Audit.Directory)) + "-anchors"];
    }

    /// <summary>Takes a seal; returns at once.</summary>
    public void Take(SealEntry seal)
    {
        if (_places.Count == 0) return;
        lock (_gate)
        {
            Interlocked.Increment(ref _waiting);
            _next = seal;
            if (_bringing.IsCompleted) _bringing = BringAsync();
        }
    }

    /// <summary>Waits until the last seal has been brought, or could not be.</summary>
    public async Task FlushAsync()
    {
        Task bringing;
        lock (_gate) bringing = _bringing;
        await bringing;
    }

    public void Dispose()
    {
        foreach (var (store, _) in _places) store.Dispose();
    }

    private async Task BringAsync()
    {
        await Task.Yield();
        while (true)
        {
            SealEntry seal;
            lock (_gate)
            {
                if (_next is null)
                {
                    _bringing = Task.CompletedTask;
                    return;
                }

                seal = _next;
                _next = null;
            }

            var isHeld = true;
            foreach (var (store, book) in _places)
            {
                try
                {
                    using var patience = new CancellationTokenSource(Patience, _clock);
                    await book.KeepAsync(seal, patience.Token);
                }
                catch (Exception fault)
                {
                    // Part of the audit's loop: a place that is away must not stop the seals for the others.
                    isHeld = false;
                    _logger.LogError("Seal {Number} could not be anchored in {Place}: {Fault}", seal.Number, store.Description, fault.Message);
                }
            }

            if (isHeld) Volatile.Write(ref _waiting, 0);
        }
    }
}
