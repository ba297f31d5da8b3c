namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Audit</c>.</summary>
internal sealed class AuditOptions
{
    /// <summary>Directory of the journal. Default <c>./audit</c>. One process at a time.</summary>
    public string Directory { get; set; } = "audit";

    /// <summary>Redis to forward entries to, <c>HOST:PORT</c>. Default none: the journal alone keeps the records.</summary>
    public string? Redis { get; set; }
}
