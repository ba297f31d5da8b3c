using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestSupport;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.FunctionalTests.Support;

/// <summary>An OIDC issuer on loopback with one key.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private StubModelServer _server = null!;

    public string Address => _server.Address.GetLeftPart(UriPartial.Authority);

    public static async Task<TestIssuer> StartAsync()
    {
        var issuer = new TestIssuer { _server = await StubModelServer.StartAsync() };
        var parameters = issuer._key.ExportParameters(false);
        var keys = new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = "k1", ["alg"] = "RS256", ["n"] = Base64UrlEncoder.Encode(parameters.Modulus), ["e"] = Base64UrlEncoder.Encode(parameters.Exponent) }) };
        issuer._server.Fallback = call => call.AnswerAsync(Encoding.UTF8.GetBytes(call.Request.Path.EndsWith("/keys", StringComparison.Ordinal)
            ? keys.ToJsonString()
            : new JsonObject { ["issuer"] = issuer.Address, ["jwks_uri"] = issuer.Address + "/keys" }.ToJsonString()));
        return issuer;
    }

    public string Token(Dictionary<string, object> claims, string audience, string? issuer = null, DateTime? expires = null, RSA? key = null) =>
        new JsonWebTokenHandler().CreateToken(Descriptor(new SigningCredentials(new RsaSecurityKey(key ?? _key) { KeyId = "k1" }, "RS256"), claims, audience, issuer, expires));

    /// <summary>Tokens that nobody may believe, for claims that would be good: another issuer or audience, expired, signed by a stranger, unsigned, signed with the public key as a secret, altered.</summary>
    public IEnumerable<string> Forged(Dictionary<string, object> claims, string audience)
    {
        using var stranger = RSA.Create(2048);
        yield return Token(claims, "another");
        yield return Token(claims, audience, issuer: "https://elsewhere");
        yield return Token(claims, audience, expires: DateTime.UtcNow.AddMinutes(-5));
        yield return Token(claims, audience, key: stranger);
        var plain = new JsonObject(claims.Select(claim => KeyValuePair.Create(claim.Key, (JsonNode?)JsonValue.Create(claim.Value.ToString())))) { ["iss"] = Address, ["aud"] = audience, ["exp"] = 4102444800 };
        yield return Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""") + "." + Base64UrlEncoder.Encode(plain.ToJsonString()) + ".";
        yield return new JsonWebTokenHandler().CreateToken(Descriptor(new SigningCredentials(new SymmetricSecurityKey(_key.ExportSubjectPublicKeyInfo()) { KeyId = "k1" }, "HS256"), claims, audience, null, null));
        yield return Token(claims, audience)[..^3] + "AAA";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
    }

    private SecurityTokenDescriptor Descriptor(SigningCredentials credentials, Dictionary<string, object> claims, string audience, string? issuer, DateTime? expires) => new()
    {
        Issuer = issuer ?? Address,
        Audience = audience,
        Claims = claims,
        NotBefore = DateTime.UtcNow.AddHours(-1),
        IssuedAt = DateTime.UtcNow.AddHours(-1),
        Expires = expires ?? DateTime.UtcNow.AddMinutes(5),
        SigningCredentials = credentials,
    };
}
