using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>Keywords only, no labels, every other default.</summary>
public sealed class PlainGateway : GuardedGateway
{
    protected override GatewaySetup Configure(GatewaySetup setup) => setup;
}
