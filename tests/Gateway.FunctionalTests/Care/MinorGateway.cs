using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>The shipped policies, with users that may be minors.</summary>
public sealed class MinorGateway : GuardedGateway
{
    /// <summary>A term that only minors are kept from.</summary>
    public const string Term = "rooftop dare game";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Lexicon = TestLexicon.Lines + $"{Term}\tx-minor-misconduct\treview\n",
        Arguments = [$"--Gateway:EndUser:MinorHeader={CareGateway.MinorHeader}", "--policies", Path.Combine(Repository.Root, "deploy", "policies")],
    };
}
