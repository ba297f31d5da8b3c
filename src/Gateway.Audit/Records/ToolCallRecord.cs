namespace Gateway.Audit.Records;

/// <summary>A tool that an answer calls: its name, and what tells its arguments apart without telling them.</summary>
public sealed record ToolCallRecord
{
    /// <summary>Name of the tool; <see langword="null"/> where it is no identifier or holds a finding.</summary>
    public string? Name { get; init; }

    /// <summary>HMAC-SHA256 of the arguments under the subject's key, or their SHA-256 where the subject has none; hex.</summary>
    public string? Arguments { get; init; }

    /// <summary>Length of the arguments, UTF-16 units.</summary>
    public int Chars { get; init; }
}
