namespace Gateway.Commands;

/// <summary>How <c>gateway archive</c> works.</summary>
/// <param name="IsOnce">Archive what is there, then end.</param>
/// <param name="Interval">Pause between looks.</param>
/// <param name="MaxAge">Longest time an entry waits for its segment to fill.</param>
/// <param name="SegmentBytes">Bytes of lines at which a segment ends.</param>
/// <param name="Months">Calendar months that records are kept.</param>
internal sealed record ArchiveSettings(bool IsOnce, TimeSpan Interval, TimeSpan MaxAge, long SegmentBytes, int Months);
