namespace Gateway.Inspection.Detectors;

/// <summary>
/// Finds risk in text. One of the three seams of the product: a new detector is one new file. Detectors are singletons
/// without state per text; whatever a stream needs to remember lives in its guard, which shows a detector the
/// characters it still holds, preceded by <see cref="Context"/> characters that it has released.
/// </summary>
public interface IDetector
{
    /// <summary>Name in records and metrics, lower case: <c>keyword</c>, <c>classifier</c>.</summary>
    string Name { get; }

    /// <summary>
    /// True when it answers at once and costs about as much as reading the text. Streams ask such a detector about
    /// every piece of text; others are asked when a sentence is complete (see the stream modes in DESIGN.md).
    /// </summary>
    bool IsImmediate { get; }

    /// <summary>How many released characters it wants to see again before the held ones, UTF-16 units.</summary>
    int Context { get; }

    /// <summary>
    /// Adds what it finds to <paramref name="detections"/>, with offsets in the window, findings that end inside the
    /// context left out.
    /// </summary>
    /// <returns>
    /// How many trailing characters of the window it cannot vouch for yet, because text to come may change the answer;
    /// always 0 when the window is final, never more than the characters after <see cref="TextWindow.Fresh"/>. A finding
    /// that touches those characters is reported only once it is certain; it is never reported twice as long as
    /// the caller keeps exactly these characters held.
    /// </returns>
    /// <exception cref="Exception">Any: the caller treats it as a fault and lets policy decide (<c>OnFault</c>).</exception>
    ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken);
}
