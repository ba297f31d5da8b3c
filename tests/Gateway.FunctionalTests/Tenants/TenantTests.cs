using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Tenants;

/// <summary>Who may come in where there are tenants, what goes on to the model server, and which policy applies.</summary>
public sealed class TenantTests : GuardedGateway
{
    private const string Provider = "sk-of-the-provider-7d1f";

    private static readonly TempDirectory Secrets = new();

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Policy = GatewaySetup.PolicyOf(members: [("OnBlock", "answer"), ("Answer", "default speaking")]),
        Files = new Dictionary<string, string>
        {
            ["policies/strict.json"] = """{"OnBlock":"error"}""",
            ["policies/keyed.json"] = """{"OnBlock":"answer","Answer":"key speaking"}""",
            ["policies/small.json"] = """{"Models":["tiny-*"],"OnBlock":"answer","Answer":"model speaking"}""",
        },
        Tenants = new JsonObject
        {
            ["acme"] = TenantFile.Tenant(
                ("Policy", "strict"),
                ("Provider", new JsonObject { ["Key"] = "file:" + Secrets.Write("provider", Provider + "\n") }),
                ("Keys", TenantFile.Keys(
                    TenantFile.Key("old", ("Expires", "2099-01-01T00:00:00Z")),
                    TenantFile.Key("new"),
                    TenantFile.Key("gone", ("Expires", "2020-01-01T00:00:00Z")),
                    TenantFile.Key("early", ("NotBefore", "2099-01-01T00:00:00Z")),
                    TenantFile.Key("own", ("Policy", "keyed"))))),
            ["other"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("others")))),
        },
    };

    [Theory]
    [InlineData(null, "missing_api_key")]
    [InlineData("gone", "expired_api_key")]
    [InlineData("early", "expired_api_key")]
    [InlineData("nobody", "invalid_api_key")]
    public async Task Stranger_IsTurnedAwayAndRecorded(string? key, string code)
    {
        var script = Stub.Json(ChatTranscripts.Answer("The model server was called."));

        var exchange = await AskAsync("Hello", key, script);

        Assert.Equal((401, code), (exchange.Status, (string?)exchange.Json["error"]!["code"]));
        Assert.Equal("authentication_error", (string?)exchange.Json["error"]!["type"]);
        Assert.Equal("Bearer", exchange.Headers["www-authenticate"]);
        Assert.Empty(script.Requests);
        Assert.Null((await RecordAsync(exchange, Outcomes.Refused)).Json["tenant"]);
    }

    [Theory]
    [InlineData("old")]
    [InlineData("new")]
    public async Task EitherOfTwoKeys_OpensTheDoor_AndTheProvidersKeyGoesOn(string key)
    {
        var script = Stub.Json(ChatTranscripts.Answer("Good day."));

        var exchange = await AskAsync("Hello", key, script);

        Assert.Equal(200, exchange.Status);
        var sent = Assert.Single(script.Requests);
        Assert.Equal("Bearer " + Provider, sent.Headers["authorization"]);
        AssertUnsaid(sent, key);
        Assert.Equal("acme", (string?)(await RecordAsync(exchange, Outcomes.Completed)).Json["tenant"]);
    }

    [Theory]
    [InlineData("/v1/messages", "x-api-key", "x-api-key", """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("/v1/chat/completions", "api-key", "authorization", """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("/v1beta/models/g:generateContent", "x-goog-api-key", "x-goog-api-key", """{"contents":[{"parts":[{"text":"Hello"}]}]}""")]
    [InlineData("/v1beta/models/g:generateContent?key=KEY&alt=json", null, "x-goog-api-key", """{"contents":[{"parts":[{"text":"Hello"}]}]}""")]
    public async Task Key_WhereverItsApiPutsIt_IsExchangedForTheProviders(string path, string? from, string into, string body)
    {
        StubRequest? sent = null;
        var script = Stub.Script(call =>
        {
            sent = call.Request;
            return call.AnswerAsync("{}"u8.ToArray());
        });

        await SendAsync(HttpMethod.Post, path.Replace("KEY", TenantFile.KeyOf("new"), StringComparison.Ordinal), Encoding.UTF8.GetBytes(body), script.Id, request =>
        {
            if (from is not null) request.Headers.Add(from, TenantFile.KeyOf("new"));
            request.Headers.Add("X-Forwarded-Key", $"again {TenantFile.KeyOf("new")}");
        });

        Assert.Contains(Provider, sent!.Headers[into], StringComparison.Ordinal);
        AssertUnsaid(sent, "new");
    }

    [Fact]
    public async Task Tenant_WithoutAProvidersKey_SendsNone()
    {
        var script = Stub.Json(ChatTranscripts.Answer("Good day."));

        Assert.Equal(200, (await AskAsync("Hello", "others", script)).Status);

        Assert.False(Assert.Single(script.Requests).Headers.ContainsKey("authorization"));
    }

    [Theory]
    [InlineData("others", "m", 200, "default speaking", "default")]
    [InlineData("new", "m", 400, null, "default+strict")]
    [InlineData("new", "tiny-1", 200, "model speaking", "default+strict+small")]
    [InlineData("own", "tiny-1", 200, "key speaking", "default+strict+small+keyed")]
    public async Task Policy_IsThatOfTenantModelAndKey_AndTheRecordNamesIt(string key, string model, int status, string? said, string name)
    {
        var exchange = await SendAsync(
            HttpMethod.Post, ChatPath, Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{TestLexicon.Block}}"}]}"""), null, request => With(request, key));

        Assert.Equal(status, exchange.Status);
        if (said is not null) Assert.Equal(said, (string?)exchange.Json["choices"]![0]!["message"]!["content"]);
        Assert.Equal(name, (string?)(await RecordAsync(exchange, Outcomes.Blocked, Actions.Block)).Json["policy"]);
    }

    private static void AssertUnsaid(StubRequest sent, string key)
    {
        Assert.All(sent.Headers, header => Assert.DoesNotContain(TenantFile.KeyOf(key), header.Value, StringComparison.Ordinal));
        Assert.DoesNotContain(TenantFile.KeyOf(key), sent.Path, StringComparison.Ordinal);
    }

    private static void With(HttpRequestMessage request, string? key)
    {
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + TenantFile.KeyOf(key));
    }

    private Task<Exchange> AskAsync(string prompt, string? key, StubScript script) => ChatAsync(ChatTranscripts.Request(prompt), script, request => With(request, key));
}
