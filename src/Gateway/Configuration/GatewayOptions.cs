namespace Gateway.Configuration;

/// <summary>Section <c>Gateway</c> of the configuration.</summary>
internal sealed class GatewayOptions
{
    /// <summary>Address of the data listener. Default <c>http://127.0.0.1:8080</c>; several are separated by semicolons.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Address of the admin listener: metrics and health. Default <c>http://127.0.0.1:8081</c>.</summary>
    public string AdminUrls { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Model server for all inspected paths; several, separated by commas, are balanced. Without it section <c>ReverseProxy</c> decides.</summary>
    public string? Upstream { get; set; }

    /// <summary>Directory of lexicon files. Default: the starter lexicon beside the program.</summary>
    public string? Lexicons { get; set; }

    /// <summary>Directory of policy files. Default: the policies beside the program.</summary>
    public string? Policies { get; set; }

    /// <summary>Directory of the classifier's model. Default: the shipped model beside the program.</summary>
    public string? Model { get; set; }

    /// <summary>Serve canned answers from a demo model server inside this process. Default false.</summary>
    public bool Demo { get; set; }

    /// <summary>Defaults become duties: a master key from outside the key store, anchored seals, a Redis that cannot lose records. Default false.</summary>
    public bool Regulated { get; set; }

    /// <summary>
    /// Tenant file, or directory of tenant files. Default none: nobody is asked for a key and <c>Authorization</c> passes through. With tenants the client's key never
    /// goes upstream.
    /// </summary>
    public string? Tenants { get; set; }

    /// <summary>Secret of keyed hashes (<c>hmac-sha256</c>) of client keys: <c>env:NAME</c> or <c>file:PATH</c>. Default none.</summary>
    public string? KeySecret { get; set; }

    public JwtOptions Jwt { get; set; } = new();

    /// <summary>Directory of what a node remembers besides records: users under a measure, approvals.</summary>
    public string StateDirectory => Sanctions.State ?? Path.TrimEndingDirectorySeparator(Path.GetFullPath(Audit.Directory)) + "-state";

    public AdminOptions Admin { get; set; } = new();

    public EndUserOptions EndUser { get; set; } = new();

    public SanctionOptions Sanctions { get; set; } = new();

    public UsageLimitOptions UserLimits { get; set; } = new();

    public AuditOptions Audit { get; set; } = new();

    public LimitsOptions Limits { get; set; } = new();

    public LabelOptions Label { get; set; } = new();

    public AboutOptions About { get; set; } = new();

    public CrisisOptions Crisis { get; set; } = new();

    public ComplaintOptions Complaints { get; set; } = new();

    public ReviewOptions Review { get; set; } = new();

    public IncidentOptions Incident { get; set; } = new();

    public KeywordOptions Keywords { get; set; } = new();

    public ClassifierSettings Classifier { get; set; } = new();

    public HttpClassifierOptions HttpClassifier { get; set; } = new();

    public ResilienceOptions Resilience { get; set; } = new();

    public ReloadOptions Reload { get; set; } = new();

    public SocketOptions Sockets { get; set; } = new();

    public TelemetryOptions Telemetry { get; set; } = new();
}
