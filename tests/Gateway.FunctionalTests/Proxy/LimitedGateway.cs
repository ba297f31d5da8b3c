using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Limits small enough to be reached by a test.</summary>
public sealed class LimitedGateway : GuardedGateway
{
    public const int RequestBytes = 4_096;
    public const int ResponseBytes = 8_192;
    public const int JsonDepth = 16;
    public const int TextFields = 20;
    public const int Concurrency = 3;

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Arguments =
        [
            $"--Gateway:Limits:RequestBytes={RequestBytes}",
            $"--Gateway:Limits:ResponseBytes={ResponseBytes}",
            $"--Gateway:Limits:JsonDepth={JsonDepth}",
            $"--Gateway:Limits:TextFields={TextFields}",
            $"--Gateway:Limits:Concurrency={Concurrency}",
        ],
    };
}
