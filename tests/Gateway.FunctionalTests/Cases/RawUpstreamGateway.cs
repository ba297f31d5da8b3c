using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>A gateway in front of a model server that sends what it likes.</summary>
public sealed class RawUpstreamGateway : GuardedGateway, IAsyncLifetime
{
    public RawModelServer Raw { get; } = new();

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Raw.DisposeAsync();
    }

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with { Upstream = Raw.Address };
}
