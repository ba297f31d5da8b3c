using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>A gateway for each stream mode, with a classifier that a test can foresee: it flags what holds <see cref="Risky"/>.</summary>
public sealed class ModeGateways : IAsyncLifetime
{
    /// <summary>What the classifier objects to.</summary>
    public const string Risky = "gannet pie";

    private readonly Dictionary<string, GatewayTestHost> _hosts = [];
    private StubModelServer _judge = null!;

    public StubModelServer Stub { get; private set; } = null!;

    public GatewayTestHost this[string mode] => _hosts[mode];

    public async Task InitializeAsync()
    {
        Stub = await StubModelServer.StartAsync();
        _judge = await StubModelServer.StartAsync();
        _judge.Fallback = call =>
        {
            var flagged = Encoding.UTF8.GetString(call.Request.Body).Contains(Risky, StringComparison.Ordinal);
            return call.AnswerAsync(Encoding.UTF8.GetBytes($$$"""{"results":[{"flagged":{{{(flagged ? "true" : "false")}}},"category_scores":{"violence":{{{(flagged ? "0.99" : "0.01")}}}}}]}"""));
        };
        foreach (var mode in new[] { "Hold", "Tail", "Follow" })
        {
            _hosts[mode] = await GatewayTestHost.StartAsync(new GatewaySetup
            {
                Upstream = Stub.Address,
                Policy = GatewaySetup.PolicyOf(mode, members: ("Thresholds", new JsonObject { ["any"] = new JsonObject { ["Block"] = 0.5, ["Label"] = 0.4, ["Cut"] = 0.5 } })),
                Arguments = [$"--Gateway:HttpClassifier:Url={_judge.Address}v1/moderations"],
            });
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts.Values) await host.DisposeAsync();
        await Stub.DisposeAsync();
        await _judge.DisposeAsync();
    }

    internal async Task<Exchange> SendAsync(string mode, string path, byte[] body, StubScript script)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, path, body, script.Id);
        using var response = await _hosts[mode].Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }
}
