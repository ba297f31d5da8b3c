using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Proxy;
using Gateway.Telemetry;

namespace Gateway.Audit;

/// <summary>Compares what was done with what the policies to come would have done.</summary>
internal static class CandidateRecords
{
    /// <summary>Counts both, and says where they differ; <see langword="null"/> where they do not.</summary>
    public static CandidateRecord? Compare(Exchange exchange, GatewayMetrics metrics)
    {
        if (exchange.Candidate is not { } candidate || exchange.Request.Candidate is null) return null;
        var request = Pair(exchange.Request, "request");
        var response = exchange.IsGuarded ? Pair(exchange.Response, "response") : (null, true);
        if (request.IsSame && response.IsSame) return null;
        return new CandidateRecord
        {
            Version = exchange.Epoch.Candidate!.Version,
            Request = request.Would!,
            Response = response.Would,
            Partial = exchange.Request.IsCandidatePartial || exchange.Response.IsCandidatePartial || exchange.Outcome == AuditOutcomes.Blocked && exchange.Stream is not null ? true : null,
        };

        (string? Would, bool IsSame) Pair(Judgement judgement, string direction)
        {
            var (did, would) = (Carried(exchange.Policy, judgement.Action), Carried(candidate, judgement.CandidateAction));
            metrics.Candidate(direction, did, would);
            return (would, did == would);
        }
    }

    private static string Carried(Policy policy, GuardAction action) => Exchange.NameOf(policy.Mode == EnforcementMode.Monitor ? GuardAction.Allow : action);
}
