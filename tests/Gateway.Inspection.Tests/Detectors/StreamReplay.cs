using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests.Detectors;

/// <summary>Shows a detector a text piece by piece, the way a stream guard does: released context, held text, new text.</summary>
internal sealed class StreamReplay(IDetector detector, bool holdsHints = true)
{
    private string _received = "";

    /// <summary>Offset of the first character that is held.</summary>
    public int Released { get; private set; }

    public int Held => _received.Length - Released;

    public string Received => _received;

    /// <summary>From where on review terms are held.</summary>
    public int HintsFrom { get; private set; } = holdsHints ? 0 : int.MaxValue;

    /// <summary>Findings so far, with offsets in the stream.</summary>
    public DetectionList Found { get; } = new();

    public async Task ReadAsync(string piece, bool isFinal)
    {
        _received += piece;
        var origin = Math.Max(0, Released - detector.Context);
        var found = new DetectionList();
        var window = new TextWindow(_received.AsMemory(origin), Released - origin, isFinal, TextSide.Response)
        {
            HintsHeldFrom = HintsFrom == int.MaxValue ? int.MaxValue : Math.Max(0, HintsFrom - origin),
        };
        var held = await detector.DetectAsync(window, found, CancellationToken.None);
        Assert.InRange(held, 0, Held);
        Released = _received.Length - held;
        Found.AddRange(found, origin);
        for (var i = 0; i < found.Count; i++)
            if (found[i].Tier == Tier.Review) HintsFrom = Math.Min(HintsFrom, origin + found[i].End);
    }
}
