using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>A gateway that is told its users by a header.</summary>
internal sealed class UserGateway : IAsyncDisposable
{
    public const string Header = "X-End-User";

    private UserGateway(StubModelServer stub, GatewayTestHost host) => (Stub, Host) = (stub, host);

    public StubModelServer Stub { get; }

    public GatewayTestHost Host { get; }

    public static async Task<UserGateway> StartAsync(Func<GatewaySetup, GatewaySetup>? adjust = null)
    {
        var stub = await StubModelServer.StartAsync();
        var setup = new GatewaySetup { Upstream = stub.Address, Arguments = [$"--Gateway:EndUser:Header={Header}"] };
        return new UserGateway(stub, await GatewayTestHost.StartAsync(adjust?.Invoke(setup) ?? setup));
    }

    public Task<Exchange> AskAsync(string user, string prompt, Action<HttpRequestMessage>? adjust = null) => AskAsync(user, [ChatTranscripts.Turn("user", prompt)], adjust);

    public async Task<Exchange> AskAsync(string user, JsonNode[] turns, Action<HttpRequestMessage>? adjust = null)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(turns), null);
        request.Headers.Add(Header, user);
        adjust?.Invoke(request);
        using var response = await Host.Client.SendAsync(request);
        return await Exchange.ReadAsync(response);
    }

    /// <summary>Asks once for each letter: <c>b</c> something that is blocked, <c>c</c> something clean.</summary>
    public async Task<int> PlayAsync(string user, string turns)
    {
        var status = 0;
        foreach (var turn in turns) status = (await AskAsync(user, turn == 'b' ? $"{TestLexicon.Block} {Guid.NewGuid():N}" : "Good day.")).Status;
        return status;
    }

    public static void AssertSuspended(Exchange exchange)
    {
        Assert.Equal((403, "user_suspended", "permission_error"), (exchange.Status, (string?)exchange.Json["error"]!["code"], (string?)exchange.Json["error"]!["type"]));
        var until = DateTimeOffset.Parse(exchange.Headers["gateway-user-until"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(exchange.Headers["gateway-user-until"], (string?)exchange.Json["error"]!["message"], StringComparison.Ordinal);
        Assert.True(until > DateTimeOffset.UtcNow);
        Assert.True(int.Parse(exchange.Headers["retry-after"], System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal("suspended", exchange.Headers["gateway-user-state"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Stub.DisposeAsync();
    }
}
