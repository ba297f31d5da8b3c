using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.FunctionalTests.Tenants;

/// <summary>Tokens of an issuer instead of keys.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly RSA _key = RSA.Create(2048);
    private StubModelServer _issuer = null!;
    private StubModelServer _stub = null!;
    private GatewayTestHost _host = null!;

    public async Task InitializeAsync()
    {
        _issuer = await StubModelServer.StartAsync();
        _stub = await StubModelServer.StartAsync();
        var parameters = _key.ExportParameters(false);
        var keys = new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = "k1", ["alg"] = "RS256", ["n"] = Base64UrlEncoder.Encode(parameters.Modulus), ["e"] = Base64UrlEncoder.Encode(parameters.Exponent) }) };
        _issuer.Fallback = call => call.AnswerAsync(Encoding.UTF8.GetBytes(call.Request.Path.EndsWith("/keys", StringComparison.Ordinal)
            ? keys.ToJsonString()
            : new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = Issuer + "/keys" }.ToJsonString()));
        _host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = _stub.Address,
            Tenants = new JsonObject { ["acme"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("k")))) },
            Arguments = [$"--Gateway:Jwt:Authority={Issuer}", "--Gateway:Jwt:RequireHttps=false", "--Gateway:EndUser:Claim=sub"],
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _stub.DisposeAsync();
        await _issuer.DisposeAsync();
        _key.Dispose();
    }

    [Fact]
    public async Task ValidToken_OpensTheDoor_NamesTenantAndUser_AndGoesNoFurther()
    {
        var token = Token();

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
        using var stranger = RSA.Create(2048);
        var unsigned = Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""") + "." + Base64UrlEncoder.Encode($$"""{"iss":"{{Issuer}}","aud":"gateway","tenant":"acme","exp":4102444800}""") + ".";
        var symmetric = new JsonWebTokenHandler().CreateToken(Descriptor(new SigningCredentials(new SymmetricSecurityKey(_key.ExportSubjectPublicKeyInfo()) { KeyId = "k1" }, "HS256")));
        string[] tokens =
        [
            Token(tenant: "nobody"), Token(audience: "another"), Token(issuer: "https://elsewhere"), Token(expires: DateTime.UtcNow.AddMinutes(-5)), Token(key: stranger), unsigned, symmetric, Token()[..^3] + "AAA",
        ];

        foreach (var token in tokens) Assert.Equal((401, "invalid_api_key"), await OutcomeAsync(token));
        Assert.Empty(_stub.Requests);
    }

    private string Issuer => _issuer.Address.GetLeftPart(UriPartial.Authority);

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

    private string Token(string tenant = "acme", string audience = "gateway", string? issuer = null, DateTime? expires = null, RSA? key = null) =>
        new JsonWebTokenHandler().CreateToken(Descriptor(new SigningCredentials(new RsaSecurityKey(key ?? _key) { KeyId = "k1" }, "RS256"), tenant, audience, issuer, expires));

    private SecurityTokenDescriptor Descriptor(SigningCredentials credentials, string tenant = "acme", string audience = "gateway", string? issuer = null, DateTime? expires = null) => new()
    {
        Issuer = issuer ?? Issuer,
        Audience = audience,
        Claims = new Dictionary<string, object> { ["tenant"] = tenant, ["sub"] = "alice" },
        NotBefore = DateTime.UtcNow.AddHours(-1),
        IssuedAt = DateTime.UtcNow.AddHours(-1),
        Expires = expires ?? DateTime.UtcNow.AddMinutes(5),
        SigningCredentials = credentials,
    };
}
