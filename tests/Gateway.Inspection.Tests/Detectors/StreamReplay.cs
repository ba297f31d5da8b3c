using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Tests.Detectors;

/// <summary>Shows a detector a text piece by piece, the way a stream guard does: released context, held text, new text.</summary>
internal sealed class StreamReplay(IDetector detector)
{
    private string _received = "";

    /// <summary>Offset of the first character that is held.</summary>
    public int Released { get; private set; }

    public int Held => _received.Length - Released;

    public string Received => _received;

    /// <summary>Findings so far, with offsets in the stream.</summary>
    public DetectionList Found { get; } = new();

    public async Task ReadAsync(string piece, bool isFinal)
    {
        _received += piece;
        var origin = Math.Max(0, Released - detector.Context);
        var found = new DetectionList();
        var window = new TextWindow(_received.AsMemory(origin), Released - origin, isFinal, TextSide.Response);
        var held = await detector.DetectAsync(window, found, CancellationToken.None);
        Assert.InRange(held, 0, Held);
        Released = _received.Length - held;
        Found.AddRange(found, origin);
    }
}
