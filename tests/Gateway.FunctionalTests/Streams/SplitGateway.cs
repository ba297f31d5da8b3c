using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>A gateway in front of a model server that controls what each read of the gateway returns.</summary>
public sealed class SplitGateway : IAsyncLifetime
{
    public RawModelServer Server { get; private set; } = null!;

    public GatewayTestHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = RawModelServer.Start();
        Host = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = Server.Address });
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await Server.DisposeAsync();
    }
}
