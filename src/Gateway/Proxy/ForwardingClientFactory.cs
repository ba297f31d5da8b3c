using Gateway.Configuration;
using Gateway.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>Makes the proxy's clients: YARP's own, with resilience in front and a few settings that guarding needs.</summary>
internal sealed class ForwardingClientFactory(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, Drain drain)
    : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = TimeSpan.FromSeconds(options.Resilience.ConnectTimeoutSeconds);

        // Without this a connection whose answer was cut is read to its end, and the model goes on generating meanwhile.
        handler.MaxResponseDrainSize = 0;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new ResilienceHandler(base.WrapHandler(context, handler), options.Resilience, metrics, clock, drain.Cut);
}
