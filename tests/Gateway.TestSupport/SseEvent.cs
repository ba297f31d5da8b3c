namespace Gateway.TestSupport;

/// <summary>One event of a stream as a client sees it.</summary>
/// <param name="Type">The <c>event:</c> line's value, or empty.</param>
/// <param name="Data">The <c>data:</c> lines joined by line feeds.</param>
public sealed record SseEvent(string Type, string Data);
