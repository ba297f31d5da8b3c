using System.Net.Http.Headers;
using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Tokens of an OIDC issuer on the admin listener, beside keys.</summary>
public sealed class AdminTokenTests : IAsyncLifetime
{
    private const string Audience = "gateway-admin";
    private const string Suspend = """{"user":"alice","reason":"spam"}""";

    private readonly TempDirectory _keys = new();
    private TestIssuer _issuer = null!;
    private GatewayTestHost _host = null!;

    public async Task InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _host = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
        _keys.Dispose();
    }

    [Theory]
    [InlineData("viewer", 200, 403)]
    [InlineData("operator", 200, 200)]
    [InlineData("auditor operator", 200, 200)]
    [InlineData("somebody", 403, 403)]
    [InlineData("", 403, 403)]
    public async Task Roles_OfTheClaim_MayWhatKeysOfThatRoleMay(string roles, int reading, int suspending)
    {
        var token = _issuer.Token(Claims(roles), Audience);

        Assert.Equal((reading, suspending), ((await CallAsync(token, "GET", "/epochs")).Status, (await CallAsync(token, "POST", "/users/suspend", Suspend)).Status));

        var calls = _host.Audit.Events("admin_call");
        Assert.Equal(["olga", "olga"], calls.Select(call => (string?)call["actor"]));
        Assert.Equal(new[] { reading, suspending }.Select(status => status == 200 ? "allowed" : "forbidden"), calls.Select(call => (string?)call["facts"]!["result"]));
        if (suspending == 200) Assert.Equal(("olga", "spam"), ((string?)_host.Audit.Events("user_suspended").Single()["actor"], (string?)_host.Audit.Events("user_suspended").Single()["reason"]));
    }

    [Fact]
    public async Task ForgedTokens_AreStrangers_AndKeysStillCount()
    {
        foreach (var token in _issuer.Forged(Claims("admin"), Audience)) Assert.Equal(401, (await CallAsync(token, "GET", "/epochs")).Status);

        // A token made for the data listener opens nothing here; neither does one without a person.
        Assert.Equal(401, (await CallAsync(_issuer.Token(Claims("admin"), "gateway"), "GET", "/epochs")).Status);
        Assert.Equal(401, (await CallAsync(_issuer.Token(new() { ["roles"] = "admin" }, Audience), "GET", "/epochs")).Status);
        Assert.Equal(200, (await AdminKeysFile.CallAsync(_host, "viewer", "GET", "/epochs")).Status);
        Assert.All(_host.Audit.Events("admin_call").SkipLast(1), call => Assert.Equal("unauthorized", (string?)call["facts"]!["result"]));
    }

    [Fact]
    public async Task RolesOfOtherNames_AreMapped_FromAClaimInsideAnother()
    {
        await using var host = await StartAsync("--Gateway:Admin:Jwt:RoleClaim=realm_access.roles", "--Gateway:Admin:Jwt:Roles:gateway-ops=operator", "--Gateway:Admin:Jwt:NameClaim=preferred_username");
        var claims = new Dictionary<string, object> { ["preferred_username"] = "olga", ["realm_access"] = new Dictionary<string, object> { ["roles"] = new[] { "gateway-ops", "admin" } } };

        // With a table nothing but the table counts: "admin" means nothing here.
        Assert.Equal(200, (await CallAsync(_issuer.Token(claims, Audience), "POST", "/users/suspend", Suspend, host)).Status);
        Assert.Equal(403, (await CallAsync(_issuer.Token(claims, Audience), "POST", "/users/terminate", Suspend, host)).Status);
    }

    [Fact]
    public async Task AnIssuerThatCannotBeReached_IsSaidAndNobodyComesIn()
    {
        await using var host = await StartAsync($"--Gateway:Admin:Jwt:Authority=http://127.0.0.1:{FreePort.Next()}");

        Assert.Equal(503, (await CallAsync(_issuer.Token(Claims("admin"), Audience), "GET", "/epochs", null, host)).Status);
        Assert.Equal(200, (await AdminKeysFile.CallAsync(host, "viewer", "GET", "/epochs")).Status);
    }

    private static Dictionary<string, object> Claims(string roles) => new() { ["sub"] = "olga", ["roles"] = roles };

    private Task<GatewayTestHost> StartAsync(params string[] arguments) => GatewayTestHost.StartAsync(new GatewaySetup
    {
        Arguments =
        [
            $"--Gateway:Admin:KeysFile={_keys.Write("keys", AdminKeysFile.Lines)}", "--Gateway:Admin:Jwt:RequireHttps=false",
            .. arguments.Any(argument => argument.StartsWith("--Gateway:Admin:Jwt:Authority", StringComparison.Ordinal)) ? [] : (string[])[$"--Gateway:Admin:Jwt:Authority={_issuer.Address}"], .. arguments,
        ],
    });

    private async Task<Exchange> CallAsync(string token, string method, string path, string? body = null, GatewayTestHost? host = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (host ?? _host).Admin.SendAsync(request);
        return await Exchange.ReadAsync(response);
    }
}
