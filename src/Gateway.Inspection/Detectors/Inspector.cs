namespace Gateway.Inspection.Detectors;

/// <summary>Asks the detectors, immediate ones first. Immutable and safe for any number of threads.</summary>
public sealed class Inspector
{
    private readonly IDetector[] _immediate;
    private readonly IDetector[] _deliberate;

    /// <summary>Makes an inspector.</summary>
    /// <param name="detectors">The detectors, in the order in which their findings are to appear.</param>
    public Inspector(IEnumerable<IDetector> detectors)
    {
        ArgumentNullException.ThrowIfNull(detectors);
        var all = detectors.ToArray();
        _immediate = [.. all.Where(detector => detector.IsImmediate)];
        _deliberate = [.. all.Where(detector => !detector.IsImmediate)];
        ImmediateContext = _immediate.Length == 0 ? 0 : _immediate.Max(detector => detector.Context);
        DeliberateContext = _deliberate.Length == 0 ? 0 : _deliberate.Max(detector => detector.Context);
    }

    /// <summary>Released characters that immediate detectors want to see again, UTF-16 units.</summary>
    public int ImmediateContext { get; }

    /// <summary>Released characters that the other detectors want to see again, UTF-16 units.</summary>
    public int DeliberateContext { get; }

    /// <summary>True when a detector other than an immediate one is configured: a classifier.</summary>
    public bool HasDeliberate => _deliberate.Length > 0;

    /// <summary>Asks the immediate detectors.</summary>
    /// <param name="window">The text.</param>
    /// <param name="detections">Takes the findings, with offsets in the window.</param>
    /// <param name="cancellationToken">Ends the wait, should a detector have to wait after all.</param>
    /// <returns>The largest number of trailing characters that one of them cannot vouch for yet.</returns>
    public ValueTask<int> DetectImmediateAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken) =>
        DetectAsync(_immediate, window, detections, cancellationToken);

    /// <summary>Asks the detectors that take their time: classifiers.</summary>
    /// <param name="window">The text.</param>
    /// <param name="detections">Takes the findings, with offsets in the window.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The largest number of trailing characters that one of them cannot vouch for yet.</returns>
    public ValueTask<int> DetectDeliberateAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken) =>
        DetectAsync(_deliberate, window, detections, cancellationToken);

    private static ValueTask<int> DetectAsync(
        IDetector[] detectors, TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        if (window.Text.Length == 0) return ValueTask.FromResult(0);
        var held = 0;
        for (var i = 0; i < detectors.Length; i++)
        {
            var pending = detectors[i].DetectAsync(window, detections, cancellationToken);
            if (!pending.IsCompletedSuccessfully) return FinishAsync(detectors, i, pending, held, window, detections, cancellationToken);
            held = Math.Max(held, pending.Result);
        }

        return ValueTask.FromResult(held);
    }

    private static async ValueTask<int> FinishAsync(
        IDetector[] detectors,
        int waitingFor,
        ValueTask<int> pending,
        int held,
        TextWindow window,
        DetectionList detections,
        CancellationToken cancellationToken)
    {
        held = Math.Max(held, await pending);
        for (var i = waitingFor + 1; i < detectors.Length; i++)
        {
            held = Math.Max(held, await detectors[i].DetectAsync(window, detections, cancellationToken));
        }

        return held;
    }
}
