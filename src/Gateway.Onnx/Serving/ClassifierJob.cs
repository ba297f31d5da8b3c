using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Serving;

/// <summary>One text on its way through the queue.</summary>
internal sealed class ClassifierJob(ReadOnlyMemory<char> text, int fresh, TextSide side)
    : TaskCompletionSource<RiskScores>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private volatile bool _abandoned;

    public ReadOnlyMemory<char> Text => text;

    /// <summary>Windows that end at or before this offset are not asked for.</summary>
    public int Fresh => fresh;

    public TextSide Side => side;

    /// <summary>Nobody waits for the answer any more.</summary>
    public bool IsAbandoned => _abandoned;

    public void Abandon() => _abandoned = true;
}
