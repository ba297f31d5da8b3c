namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Audit:Seal</c>.</summary>
internal sealed class AuditSealOptions
{
    /// <summary>Entries after which the chain is sealed. Default 50,000.</summary>
    public int Entries { get; set; } = 50_000;

    /// <summary>Longest time an entry stays without a seal, seconds. Default 60.</summary>
    public int Seconds { get; set; } = 60;

    /// <summary>Days after which the sealing key is replaced. Default 365; 0 never.</summary>
    public int KeyDays { get; set; } = 365;
}
