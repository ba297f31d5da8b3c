using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.TestSupport;

/// <summary>
/// What a test gateway is started with. The default has the test lexicon, no classifier, no labels and every default of
/// the product otherwise.
/// </summary>
public sealed record GatewaySetup
{
    /// <summary>For <see cref="Upstream"/>: no such argument at all.</summary>
    public static readonly Uri NoUpstream = new("none:");

    /// <summary>The model server; without one, the address of nobody.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>The policy file's members.</summary>
    public JsonObject Policy { get; init; } = PolicyOf();

    /// <summary>Written instead of <see cref="Policy"/>: for files that are not JSON.</summary>
    public string? PolicyText { get; init; }

    public string Lexicon { get; init; } = TestLexicon.Lines;

    public string AllowList { get; init; } = TestLexicon.AllowLines;

    /// <summary>Further files beside the lexicon and the policy, such as <c>policies/base.json</c>.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>The tenant file; without one there are no tenants.</summary>
    public JsonObject? Tenants { get; init; }

    /// <summary>Off by default: what a keyword does must not depend on a model.</summary>
    public bool Classifier { get; init; }

    /// <summary><c>HOST:PORT</c> of the sink.</summary>
    public string? Redis { get; init; }

    /// <summary>The audit folder, where it must outlive the gateway; else one that is deleted with it.</summary>
    public string? AuditDirectory { get; init; }

    public int? Port { get; init; }

    /// <summary>It is expected to start without being ready for traffic.</summary>
    public bool StartsHeld { get; init; }

    /// <summary>Further arguments, <c>--Gateway:Section:Key=value</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment of a gateway process, for what only ASP.NET Core's own configuration names.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A policy without labels, so that clean traffic must stay byte-identical.</summary>
    public static JsonObject PolicyOf(string stream = "Hold", string mode = "Enforce", params (string Name, JsonNode Value)[] members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var policy = new JsonObject
        {
            ["Stream"] = stream,
            ["Mode"] = mode,
            ["Label"] = new JsonObject { ["Risk"] = false, ["AIGC"] = false },
        };
        foreach (var (name, value) in members) policy[name] = value;
        return policy;
    }

    /// <summary>Writes the files and returns the arguments after <c>serve</c>.</summary>
    internal string[] Write(TempDirectory files, int port, int adminPort)
    {
        files.Write("lexicons/test.tsv", Lexicon);
        files.Write("lexicons/allow.tsv", AllowList);
        files.Write("policies/default.json", PolicyText ?? Policy.ToJsonString());
        foreach (var (name, content) in Files) files.Write(name, content);
        List<string> arguments = [.. Arguments];
        if (Tenants is not null) arguments.Add($"--Gateway:Tenants={files.Write("tenants.json", Tenants.ToJsonString())}");
        Add("--urls", Loopback(port));
        Add("--admin-urls", Loopback(adminPort));
        if (Upstream != NoUpstream) Add("--upstream", (Upstream ?? new Uri(Loopback(FreePort.Next()))).GetLeftPart(UriPartial.Authority));
        Add("--audit", AuditDirectory ?? files["audit"]);
        Add("--lexicons", files["lexicons"]);
        Add("--policies", files["policies"]);
        if (Redis is not null) Add("--redis", Redis);
        if (!Classifier) arguments.Add("--Gateway:Classifier:Enabled=false");
        return [.. arguments];

        // What a test names itself wins: options are given once.
        void Add(string option, string value)
        {
            if (!arguments.Contains(option)) arguments.AddRange([option, value]);
        }
    }

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
