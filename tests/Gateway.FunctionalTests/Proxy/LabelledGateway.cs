using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Both labels on.</summary>
public sealed class LabelledGateway : GuardedGateway
{
    public const string Producer = "TESTPRODUCER91310000000000";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Policy = GatewaySetup.PolicyOf(members: ("Label", new JsonObject { ["Risk"] = true, ["AIGC"] = true })),
        Arguments = [$"--Gateway:Label:Producer={Producer}"],
    };
}
