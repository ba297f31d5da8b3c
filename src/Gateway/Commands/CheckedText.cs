using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Serving;

namespace Gateway.Commands;

/// <summary>What the detectors and the policy say of a text that is checked.</summary>
/// <param name="text">The text.</param>
/// <param name="onFault">What policy makes of a detector's fault.</param>
internal sealed class CheckedText(string text, FaultAction onFault)
{
    public string Text => text;

    public DetectionList Found { get; } = new();

    /// <summary>What the model in the process says, by label.</summary>
    public Dictionary<string, float> Scores { get; } = new(StringComparer.Ordinal);

    /// <summary>Detectors that could not judge, and why.</summary>
    public List<(string Detector, ClassifierFaultException Fault)> Faults { get; } = [];

    public FaultAction OnFault => onFault;

    public Verdict Verdict { get; set; } = Verdict.Clean;

    /// <summary>What the service would do: a fault that policy does not forgive blocks, whatever else was found.</summary>
    public GuardAction Action => Faults.Count > 0 && onFault == FaultAction.Block ? GuardAction.Block : Verdict.Action;
}
