using Gateway.Sanctions;

namespace Gateway.Configuration;

/// <summary>Which epoch each node runs on, and what was approved on each, told over Redis every few seconds. Without Redis a node knows only itself.</summary>
internal sealed class NodeEpochs(EpochSource epochs, EpochApprovals approvals, EpochReloader reloader, UserLedger ledger, TimeProvider clock, ILogger<NodeEpochs> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private readonly string _node = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid().ToString("N")[..8]}";
    private volatile Dictionary<string, string> _known = [];
    private bool _didDisagree;
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Epochs by node, this one among them.</summary>
    public IReadOnlyDictionary<string, string> Known
    {
        get
        {
            var known = new Dictionary<string, string>(_known, StringComparer.Ordinal) { [_node] = Own };
            return known;
        }
    }

    /// <summary>Some node runs on something else.</summary>
    public bool Disagree => Known.Values.Distinct(StringComparer.Ordinal).Count() > 1;

    /// <summary>Something was decided here: the others should hear of it now.</summary>
    public void Ask() => Volatile.Read(ref _asked).TrySetResult();

    private string Own => $"{epochs.Current.Id}/{epochs.Current.Tenants.Version}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ledger.Shared is not { } shared) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (shared.IsUp)
                {
                    _known = await shared.BeatAsync(_node, Own, Life, clock.GetUtcNow().ToUnixTimeMilliseconds());
                    if (approvals.IsNeeded && approvals.Merge(await shared.ShareDecisionsAsync(approvals.Decisions))) reloader.Ask();
                }

                if (Disagree != _didDisagree)
                {
                    _didDisagree = !_didDisagree;
                    if (_didDisagree) logger.LogWarning("Nodes run on different epochs: {Nodes}", string.Join(", ", Known.Select(pair => $"{pair.Key} on {pair.Value}")));
                    else logger.LogInformation("All nodes run on epoch {Epoch} again", Own);
                }
            }
            catch (Exception fault) when (UserLedger.IsAbsence(fault))
            {
                _known = [];
            }

            // What was decided here need not wait for its turn.
            using (var rest = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken))
            {
                await Task.WhenAny(Task.Delay(Beat, clock, rest.Token), Volatile.Read(ref _asked).Task);
                await rest.CancelAsync();
            }

            if (Volatile.Read(ref _asked).Task.IsCompleted) Volatile.Write(ref _asked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        try
        {
            if (shared.IsUp) await shared.ForgetAsync(_node);
        }
        catch (Exception fault) when (UserLedger.IsAbsence(fault))
        {
            // It is forgotten in a few seconds anyway.
        }
    }
}
