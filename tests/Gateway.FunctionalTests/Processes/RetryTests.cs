using System.Globalization;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Processes;

/// <summary>Two model servers behind one route: when the other one is asked, and when asking again would pay twice.</summary>
[Collection(OneAtATime.Name)]
public sealed class RetryTests
{
    private const int Requests = 12;

    private static readonly byte[] Fine = ChatTranscripts.Answer("Fine.");

    [Fact]
    public async Task Destination_RefusingConnections_IsPassedOver()
    {
        await using var healthy = await StubModelServer.StartAsync();
        await using var gateway = await StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}"), healthy.Address);

        var exchanges = await AskAsync(gateway);

        Assert.All(exchanges, exchange => Assert.Equal(200, exchange.Status));
        Assert.Equal(Requests, healthy.Requests.Count);
        Assert.True((await gateway.MetricsAsync()).Sum("gateway_upstream_retries_total") > 0);
        Assert.All(exchanges, exchange => Assert.Equal(Outcomes.Completed, Assert.Single(gateway.Audit.Find(exchange.Id!)).Outcome));
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    public async Task Destination_AnsweringUnavailable_IsPassedOver(int status)
    {
        await using var ill = await AnsweringAsync(call => call.AnswerAsync("{\"error\":{\"message\":\"ill\"}}"u8.ToArray(), status));
        await using var healthy = await AnsweringAsync(call => call.AnswerAsync(Fine));
        await using var gateway = await StartAsync(ill.Address, healthy.Address);

        var exchanges = await AskAsync(gateway);

        Assert.All(exchanges, exchange => Assert.Equal(200, exchange.Status));
        Assert.All(exchanges, exchange => Assert.Equal(Fine, exchange.Body));
        Assert.Equal(Requests, healthy.Requests.Count);
        Assert.All(healthy.Requests.Concat(ill.Requests), request => Assert.Equal(ChatTranscripts.Request("Hello"), request.Body));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    [InlineData(504)]
    [InlineData(400)]
    public async Task Destination_AnsweringAnotherError_IsNotAskedTwice(int status)
    {
        const string Error = "{\"error\":{\"message\":\"ill\"}}";
        await using var ill = await AnsweringAsync(call => call.AnswerAsync(System.Text.Encoding.UTF8.GetBytes(Error), status));
        await using var alsoIll = await AnsweringAsync(call => call.AnswerAsync(System.Text.Encoding.UTF8.GetBytes(Error), status));
        await using var gateway = await StartAsync(ill.Address, alsoIll.Address);

        var exchanges = await AskAsync(gateway);

        Assert.All(exchanges, exchange => Assert.Equal((status, Error), (exchange.Status, exchange.Text)));
        Assert.Equal(Requests, ill.Requests.Count + alsoIll.Requests.Count);
    }

    [Fact]
    public async Task Destination_DroppingTheConnection_IsNotAskedTwice()
    {
        await using var ill = await AnsweringAsync(Drop);
        await using var alsoIll = await AnsweringAsync(Drop);
        await using var gateway = await StartAsync(ill.Address, alsoIll.Address);

        var exchanges = await AskAsync(gateway, 4);

        Assert.All(exchanges, exchange => Assert.Equal(502, exchange.Status));
        Assert.Equal(4, ill.Requests.Count + alsoIll.Requests.Count);

        static Task Drop(StubCall call)
        {
            return call.AbortAsync();
        }
    }

    [Fact]
    public async Task Destination_NotAnsweringInTime_IsNotAskedTwice()
    {
        await using var silent = await AnsweringAsync(call => call.Cancelled);
        await using var alsoSilent = await AnsweringAsync(call => call.Cancelled);
        await using var gateway = await StartAsync(silent.Address, alsoSilent.Address, "--Gateway:Resilience:HeaderTimeoutSeconds=1");

        var exchanges = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => (await AskAsync(gateway, 1))[0]));

        Assert.All(exchanges, exchange => Assert.Equal(504, exchange.Status));
        Assert.All(exchanges, exchange => Refusals.AssertError(exchange));
        Assert.Equal(3, silent.Requests.Count + alsoSilent.Requests.Count);
        Assert.All(exchanges, exchange => Assert.Equal(Outcomes.UpstreamError, Assert.Single(gateway.Audit.Find(exchange.Id!)).Outcome));
    }

    [Fact]
    public async Task Destinations_AllUnavailable_GiveTheLastAnswer()
    {
        await using var ill = await AnsweringAsync(call => call.AnswerAsync("{\"error\":{\"message\":\"ill\"}}"u8.ToArray(), 503));
        await using var alsoIll = await AnsweringAsync(call => call.AnswerAsync("{\"error\":{\"message\":\"ill\"}}"u8.ToArray(), 503));
        await using var gateway = await StartAsync(ill.Address, alsoIll.Address);

        var exchanges = await AskAsync(gateway, 20);

        // Later ones are answered by the open circuit, without asking anybody.
        Assert.All(exchanges, exchange => Assert.Equal(503, exchange.Status));
        Assert.True(ill.Requests.Count + alsoIll.Requests.Count < 40, "The circuit never opened.");
        Assert.All(exchanges, exchange => Assert.Single(gateway.Audit.Find(exchange.Id!)));
    }

    private static async Task<StubModelServer> AnsweringAsync(Func<StubCall, Task> answer)
    {
        var stub = await StubModelServer.StartAsync();
        stub.Fallback = answer;
        return stub;
    }

    private static async Task<List<Exchange>> AskAsync(GatewayProcess gateway, int count = Requests)
    {
        var exchanges = new List<Exchange>();
        for (var index = 0; index < count; index++)
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), null);
            using var response = await gateway.Client.SendAsync(request);
            exchanges.Add(await Exchange.ReadAsync(response));
        }

        return exchanges;
    }

    /// <summary>Routes are the reverse proxy's own configuration section, which a deployment writes in appsettings.json or the environment.</summary>
    private static Task<GatewayProcess> StartAsync(Uri first, Uri second, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["ReverseProxy__Routes__chat__ClusterId"] = "models",
            ["ReverseProxy__Routes__chat__Match__Path"] = "/v1/{**rest}",
            ["ReverseProxy__Routes__chat__Metadata__Policy"] = "default",
            ["ReverseProxy__Clusters__models__LoadBalancingPolicy"] = "RoundRobin",
        };
        foreach (var (index, address) in new[] { first, second }.Index())
            environment[string.Create(CultureInfo.InvariantCulture, $"ReverseProxy__Clusters__models__Destinations__d{index}__Address")] = address.ToString();
        return GatewayProcess.StartAsync(new GatewaySetup { Upstream = GatewaySetup.NoUpstream, Environment = environment, Arguments = arguments });
    }
}
