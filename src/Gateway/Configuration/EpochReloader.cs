using System.Runtime.InteropServices;
using Gateway.Audit;
using Gateway.Telemetry;

namespace Gateway.Configuration;

/// <summary>
/// Watches the files of the epoch in force and puts changed ones in force as a new epoch. They are compiled aside, on a
/// thread of their own, and taken whole or refused whole: whatever is wrong is logged with file, line and remedy, and the last
/// good epoch goes on serving. SIGHUP makes it look at once.
/// </summary>
internal sealed class EpochReloader(
    EpochSource epochs, GatewayOptions options, EpochApprovals approvals, Func<IEnumerable<string>> policiesInUse, GatewayMetrics metrics, TimeProvider clock, ILogger<EpochReloader> logger)
    : BackgroundService
{
    // Between the look that sees a change and the one that takes it.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private UInt128? _seen;
    private UInt128? _refused;
    private volatile bool _isRefused;
    private volatile Epoch? _waiting;
    private UInt128 _waitingStamp;
    private bool _tookFirst;
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The files are at fault and something older is in force.</summary>
    public bool IsRefused => _isRefused;

    /// <summary>A change that is sound and waits for approval, or what the start found and nobody has approved; <see langword="null"/> without either.</summary>
    public Epoch? Waiting => _waiting ?? (epochs.IsHeld ? epochs.Current : null);

    /// <summary>What is in force was never approved by two persons: the first start took it, or it is held.</summary>
    public bool IsUnapproved => approvals.IsNeeded && !approvals.IsApprovedByTwo(epochs.Current.Content);

    /// <summary>Changes wait for approval.</summary>
    public bool NeedsApproval => approvals.IsNeeded;

    /// <summary>What the node remembers beside its journal is gone, as the journal tells.</summary>
    public bool IsStateLost { get; private set; }

    /// <summary>Told at the start where <see cref="IsStateLost"/>.</summary>
    public Action<Epoch>? OnStateLost { get; set; }

    /// <summary>Told of each epoch that comes into force, and of the one it replaces.</summary>
    public Action<Epoch, string>? OnAdopted { get; set; }

    /// <summary>
    /// The start has read its files. In regulated mode they judge traffic only where they were approved before; else they are held, while the admin listener takes
    /// approvals. The first start of all has nothing to go by: it takes what it finds, unless settings say otherwise.
    /// </summary>
    public void Begin()
    {
        var epoch = epochs.Current;
        if (approvals.IsApproved(epoch.Content)) return;
        IsStateLost = approvals.IsEmpty && ApprovalTrace.IsIn(options.Audit.Directory);
        _tookFirst = (!IsStateLost || approvals.TakesAgain) && approvals.TryTakeFirst(epoch.Content);
        if (IsStateLost)
            logger.LogError(
                "{Directory} holds no approvals although the journal tells of some: it was deleted, or the node was moved without it, and with it went what was known of suspended users. {Consequence}",
                options.StateDirectory, _tookFirst ? "Gateway:Admin:FirstStart=Again lets this start take what it finds" : "This is not a first start: bring the directory back, have two persons approve, or write Gateway:Admin:FirstStart=Again for one start");
        if (_tookFirst)
        {
            logger.LogWarning("First start in regulated mode: epoch {Epoch} is in force although nobody has approved it. Two persons should: POST /epochs/{Id}/approve on the admin listener", epoch.Id, epoch.Id);
            return;
        }

        epochs.Hold(true);
        logger.LogError(
            "Traffic is refused: lexicons, policies and model are epoch {Epoch}, which two persons have not approved. POST /epochs/{Id}/approve on the admin listener, or put back the files that were approved", epoch.Id, epoch.Id);
    }

    /// <summary>Makes it look at once.</summary>
    public void Ask() => Volatile.Read(ref _asked).TrySetResult();

    /// <summary>Says what files say in vain.</summary>
    public static void Advise(Epoch epoch, ILogger logger)
    {
        foreach (var note in epoch.Book.Notes) logger.LogWarning("A policy is weaker than the base: {Note}", note);
    }

    /// <summary>Looks once.</summary>
    /// <param name="isAsked">Somebody asked: what was refused before is tried again, and no change is said aloud.</param>
    public void Look(bool isAsked = false)
    {
        var stamp = epochs.Files.Stamp();
        if (stamp == epochs.Stamp)
        {
            if (epochs.IsHeld && approvals.IsApproved(epochs.Current.Content)) Release();
            else if (!epochs.IsHeld && _tookFirst && !approvals.IsApproved(epochs.Current.Content)) HoldCurrent();
            if (_isRefused) logger.LogInformation("The lexicon, policy and model files are those of epoch {Epoch} in force again", epochs.Current.Id);
            else if (isAsked) logger.LogInformation("No change: epoch {Epoch} is what the lexicon, policy and model files say", epochs.Current.Id);
            DropWaiting();
            (_seen, _refused, _isRefused) = (null, null, false);
            return;
        }

        if (isAsked) _refused = null;
        if (stamp == _refused) return;
        if (_waiting is { } waiting && stamp == _waitingStamp)
        {
            if (approvals.IsApproved(waiting.Content)) Adopt(waiting, stamp, TimeSpan.Zero);
            return;
        }

        // 1. Files that are being copied differ from look to look: only what stands still is taken.
        if (stamp != _seen)
        {
            _seen = stamp;
            return;
        }

        // 2. Compile aside. If the files have changed meanwhile, it is not known what was read.
        var mark = clock.GetTimestamp();
        var candidate = epochs.Compile(policiesInUse());
        var after = epochs.Files.Stamp();
        if (after != stamp)
        {
            candidate.Epoch?.Retire();
            _seen = after;
            return;
        }

        // 3. Whole or not at all.
        _seen = null;
        if (candidate.Epoch is { } epoch)
        {
            if ((epoch.Content == epochs.Current.Content && !epochs.IsHeld) || approvals.IsApproved(epoch.Content)) Adopt(epoch, stamp, clock.GetElapsedTime(mark));
            else Hold(epoch, stamp);
        }
        else Refuse(candidate, stamp);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Series that are there from the start: an increase can be seen from the first event on.
        metrics.EpochReload("applied", 0);
        metrics.EpochReload("refused", 0);
        if (IsStateLost) OnStateLost?.Invoke(epochs.Current);
        if (_tookFirst) OnAdopted?.Invoke(epochs.Current, "none");
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Ask();
        });
        try
        {
            while (true)
            {
                var isAsked = await WaitAsync(stoppingToken);
                await Task.Factory.StartNew(() => LookSafely(isAsked), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    /// <returns>True when somebody asked.</returns>
    private async Task<bool> WaitAsync(CancellationToken stopping)
    {
        var period = options.Reload.PollSeconds > 0 ? TimeSpan.FromSeconds(options.Reload.PollSeconds) : Timeout.InfiniteTimeSpan;
        if (_seen is not null && (period > Settling || period == Timeout.InfiniteTimeSpan)) period = Settling;
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var asked = Volatile.Read(ref _asked).Task;
        await Task.WhenAny(Task.Delay(period, clock, rest.Token), asked);
        await rest.CancelAsync();
        stopping.ThrowIfCancellationRequested();
        if (!asked.IsCompleted) return false;
        Volatile.Write(ref _asked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return true;
    }

    /// <summary>A look that fails must not end the watch, nor the gateway.</summary>
    private void LookSafely(bool isAsked)
    {
        try
        {
            Look(isAsked);
        }
        catch (Exception fault)
        {
            metrics.Fault("reload");
            logger.LogError("Looking for changed lexicons, policies and models failed, epoch {Epoch} stays in force: {Fault}", epochs.Current.Id, fault.Message);
        }
    }

    private void Adopt(Epoch epoch, UInt128 stamp, TimeSpan time)
    {
        var previous = epochs.Current.Id;
        if (ReferenceEquals(_waiting, epoch)) _waiting = null;
        DropWaiting();
        epochs.Adopt(epoch, stamp);
        (_refused, _isRefused) = (null, false);
        metrics.EpochReload("applied");
        logger.LogInformation(
            "Epoch {Epoch} is in force instead of {Previous}: lexicon {Lexicon} with {Terms} terms, {Policies} policies, model {Model}, compiled in {Milliseconds} ms",
            epoch.Id, previous, epoch.LexiconVersion, epoch.Lexicon.Terms.Count, epoch.Policies.Count, epoch.ModelVersion, (int)time.TotalMilliseconds);
        Advise(epoch, logger);
        OnAdopted?.Invoke(epoch, previous);
    }

    /// <summary>A first start took it, and now it turns out that on other nodes two persons approved something else.</summary>
    private void HoldCurrent()
    {
        _tookFirst = false;
        epochs.Hold(true);
        metrics.EpochReload("waiting");
        logger.LogError("Traffic is refused: on other nodes two persons have approved other contents than epoch {Epoch}, which the first start of this node took", epochs.Current.Id);
    }

    private void Release()
    {
        epochs.Hold(false);
        metrics.EpochReload("applied");
        logger.LogInformation("Epoch {Epoch} has been approved and judges traffic", epochs.Current.Id);
        OnAdopted?.Invoke(epochs.Current, "none");
    }

    private void Hold(Epoch epoch, UInt128 stamp)
    {
        DropWaiting();
        (_refused, _isRefused, _waitingStamp, _waiting) = (null, false, stamp, epoch);
        metrics.EpochReload("waiting");
        logger.LogWarning("Changed lexicons, policies or models wait for the approval of two persons as epoch {Epoch}; {Previous} stays in force", epoch.Id, epochs.Current.Id);
    }

    /// <summary>What waited will not come into force: something else is there now.</summary>
    private void DropWaiting()
    {
        _waiting?.Retire();
        _waiting = null;
    }

    private void Refuse(EpochCandidate candidate, UInt128 stamp)
    {
        // Said first: whoever sees that something is refused finds why.
        metrics.EpochReload("refused");
        logger.LogError(
            "Changed lexicons, policies or models were refused whole, epoch {Epoch} stays in force. Mend these: {Faults}", epochs.Current.Id, candidate.Lines);
        DropWaiting();
        (_refused, _isRefused) = (stamp, true);
    }
}
