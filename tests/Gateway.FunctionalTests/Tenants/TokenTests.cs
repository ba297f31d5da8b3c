using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Tenants;

/// <summary>Tokens of an issuer instead of keys.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private TestIssuer _issuer = null!;
    private StubModelServer _stub = null!;
    private GatewayTestHost _host = null!;

    public async Task InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _stub = await StubModelServer.StartAsync();
        _host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = _stub.Address,
            Tenants = new JsonObject { ["acme"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("k")))) },
            Arguments = [$"--Gateway:Jwt:Authority={_issuer.Address}", "--Gateway:Jwt:RequireHttps=false", "--Gateway:EndUser:Claim=sub"],
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _stub.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task ValidToken_OpensTheDoor_NamesTenantAndUser_AndGoesNoFurther()
    {
        var token = _issuer.Token(Claims("acme"), "gateway");

        var exchange = await AskAsync(token);

        Assert.Equal(200, exchange.Status);
        var record = Assert.Single(_host.Audit.Find(exchange.Id!)).Json;
        Assert.Equal("acme", (string?)record["tenant"]);
        Assert.StartsWith("u_", (string?)record["user"], StringComparison.Ordinal);
        Assert.DoesNotContain(token, string.Concat(Assert.Single(_stub.Requests).Headers.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherTokens_AreTurnedAway()
    {
        foreach (var token in _issuer.Forged(Claims("acme"), "gateway").Append(_issuer.Token(Claims("nobody"), "gateway"))) Assert.Equal((401, "invalid_api_key"), await OutcomeAsync(token));
        Assert.Empty(_stub.Requests);
    }

    private static Dictionary<string, object> Claims(string tenant) => new() { ["tenant"] = tenant, ["sub"] = "alice" };

    private async Task<(int, string?)> OutcomeAsync(string token)
    {
        var exchange = await AskAsync(token);
        return (exchange.Status, (string?)exchange.Json["error"]?["code"]);
    }

    private async Task<Exchange> AskAsync(string token)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), null);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        using var response = await _host.Client.SendAsync(request);
        return await Exchange.ReadAsync(response);
    }
}
