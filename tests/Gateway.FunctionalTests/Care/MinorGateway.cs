using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>The shipped policies, with users that may be minors.</summary>
public sealed class MinorGateway : GuardedGateway
{
    /// <summary>A term of one of the four risks that only minors are kept from.</summary>
    public static string TermOf(string risk) => $"rooftop dare {risk["x-minor-".Length..]}";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Lexicon = TestLexicon.Lines + string.Concat(new[] { "x-minor-misconduct", "x-minor-values", "x-minor-image", "x-minor-data" }.Select(risk => $"{TermOf(risk)}\t{risk}\treview\n")),
        Arguments = [$"--Gateway:EndUser:MinorHeader={CareGateway.MinorHeader}", "--policies", Path.Combine(Repository.Root, "deploy", "policies")],
    };
}
