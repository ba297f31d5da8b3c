using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>Configured by routes: one that takes any JSON, and nothing else.</summary>
public sealed class JsonGateway : GuardedGateway
{
    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Upstream = GatewaySetup.NoUpstream,
        Arguments =
        [
            "--ReverseProxy:Routes:any:ClusterId=models",
            "--ReverseProxy:Routes:any:Match:Path=/custom/{**path}",
            "--ReverseProxy:Routes:any:Metadata:Policy=default",
            "--ReverseProxy:Routes:any:Metadata:Protocol=json",
            $"--ReverseProxy:Clusters:models:Destinations:one:Address={setup.Upstream}",
        ],
    };
}
