using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Tenants;

/// <summary>
/// Nothing that a client sends weakens the base: every combination of key, header, member of the body and query, with tenants whose own policies are as lax as
/// can be written.
/// </summary>
public sealed class MandatoryBaseTests : GuardedGateway
{
    private const string Lax = """{"Mode":"Monitor","OnFault":"Allow","OnUninspectable":"Allow","OnMedia":"Allow","Variants":"Watch","Watched":"Record","Tiers":{"any":{"block":"Watch","review":"Watch"}},"Actions":{"any":"Watch"},"Foldings":{"Separator":false,"Width":false,"ZeroWidth":false}}""";

    private static readonly string[] Headers =
    [
        "Gateway-Policy: lax", "Gateway-Action: allow", "Gateway-Mode: monitor", "X-Gateway-Policy: none", "X-Policy: none", "Gateway-Tenant: lax", "X-Tenant: lax", "X-Forwarded-For: 127.0.0.1",
        "X-HTTP-Method-Override: GET", "X-Original-URL: /v1/models", "X-Rewrite-URL: /v1/models", "Gateway-Request-Id: 1",
    ];

    private static readonly string[] Members =
    [
        "\"policy\":\"lax\"", "\"Policy\":\"none\"", "\"gateway\":{\"policy\":\"lax\",\"mode\":\"monitor\"}", "\"Mode\":\"Monitor\"", "\"metadata\":{\"policy\":\"none\",\"tenant\":\"lax\"}", "\"tenant\":\"lax\"", "\"stream\":false", "\"user\":\"admin\"",
    ];

    private static readonly string[] Queries = ["policy=lax", "mode=monitor", "gateway-policy=none", "api-version=2024-06-01"];

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        PolicyText = Lax,
        Files = new Dictionary<string, string>
        {
            ["policies/base.json"] = """{"Mode":"Enforce","OnFault":"Block","OnUninspectable":"Block","Tiers":{"any":{"block":"Block","review":"Confirm"}},"Actions":{"any":"Block"},"Foldings":{"Separator":true,"Width":true,"ZeroWidth":true}}""",
            ["policies/lax.json"] = Lax,
            ["policies/model.json"] = """{"Models":["lax-*"],"Extends":"lax"}""",
        },
        Tenants = new JsonObject
        {
            ["plain"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("plain"), TenantFile.Key("plain-lax", ("Policy", "lax"))))),
            ["lax"] = TenantFile.Tenant(("Policy", "lax"), ("Models", new JsonObject { ["any*"] = "lax" }), ("Keys", TenantFile.Keys(TenantFile.Key("lax"), TenantFile.Key("lax-lax", ("Policy", "lax"))))),
        },
    };

    [Fact]
    public async Task NoCombination_OfKeyModelHeaderBodyAndQuery_WeakensTheBase()
    {
        var count = 0;
        string[] texts = [TestLexicon.Block, TestLexicon.FullWidth(TestLexicon.Block), TestLexicon.ZeroWidth(TestLexicon.Block), string.Join('-', TestLexicon.Block.ToCharArray()), $"{TestLexicon.Review} {TestLexicon.OtherReview}"];
        foreach (var key in (string[])["plain", "plain-lax", "lax", "lax-lax"])
        foreach (var model in (string[])["m", "lax-1", "anything"])
        foreach (var header in Headers.Prepend(null))
        foreach (var member in Members.Prepend(null))
        {
            var query = count % (Queries.Length + 1) == Queries.Length ? null : Queries[count % (Queries.Length + 1)];
            var text = texts[count % texts.Length];
            count++;
            var body = $$"""{"model":"{{model}}",{{(member is null ? "" : member + ",")}}"messages":[{"role":"user","content":"{{text}}"}]}""";
            using var request = Request(HttpMethod.Post, ChatPath + (query is null ? "" : "?" + query), Encoding.UTF8.GetBytes(body), null);
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + TenantFile.KeyOf(key));
            if (header is not null) request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
            using var response = await Host.Client.SendAsync(request);
            Assert.True((int)response.StatusCode == 400, string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} for key {key}, model {model}, header {header}, member {member}, query {query}"));
        }

        Assert.Equal(4 * 3 * (Headers.Length + 1) * (Members.Length + 1), count);
        Assert.Empty(Stub.Requests);
    }
}
