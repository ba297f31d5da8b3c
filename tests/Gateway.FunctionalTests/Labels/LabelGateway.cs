using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>A gateway with machine-readable labels, for a single test.</summary>
public sealed class LabelGateway : GuardedGateway, IAsyncDisposable
{
    private readonly string[] _arguments;
    private readonly JsonObject _label;

    private LabelGateway(JsonObject label, string[] arguments) => (_label, _arguments) = (label, arguments);

    public static Task<LabelGateway> StartAsync(params string[] arguments) => StartAsync(new JsonObject { ["Risk"] = false, ["AIGC"] = true }, arguments);

    public static async Task<LabelGateway> StartAsync(JsonObject label, params string[] arguments)
    {
        var gateway = new LabelGateway(label, arguments);
        await gateway.InitializeAsync();
        return gateway;
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with { Policy = GatewaySetup.PolicyOf(members: ("Label", _label)), Arguments = _arguments };
}
