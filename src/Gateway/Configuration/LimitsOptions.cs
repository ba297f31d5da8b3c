namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Limits</c>. Every buffer has a limit, every limit a consequence.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Largest request body, decoded, bytes. Default 16 MiB. Beyond: 413.</summary>
    public int RequestBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Largest answer, decoded, bytes, streamed or not. Default 32 MiB. Beyond: <c>OnUninspectable</c>; a stream ends with an error.</summary>
    public int ResponseBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Largest event of a stream, bytes. Default 4 MiB. Beyond: the stream ends with an error.</summary>
    public int EventBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Most bytes that a compressed request may unpack to for each of its own, once it has unpacked to 64 KiB. Default 200. Beyond: 413.</summary>
    public int UnpackRatio { get; set; } = 200;

    /// <summary>How long a streaming client waits for held text before it is sent a comment, seconds. Default 15.</summary>
    public int HeartbeatSeconds { get; set; } = 15;

    /// <summary>Deepest JSON nesting. Default 64. Beyond: 400.</summary>
    public int JsonDepth { get; set; } = 64;

    /// <summary>Most text fields in a body. Default 100,000. Beyond: 413.</summary>
    public int TextFields { get; set; } = 100_000;

    /// <summary>Most exchanges at a time. Default 1,024. Beyond: 429.</summary>
    public int Concurrency { get; set; } = 1024;

    /// <summary>Time that running exchanges get at shutdown, seconds. Default 30.</summary>
    public int ShutdownSeconds { get; set; } = 30;
}
