using System.Collections.Frozen;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Policies;

/// <summary>
/// The most that a term may do in an answer under any of several policies: what a stream has to hold back for. Layers of policies only
/// choose among what single ones say, so nothing they make goes beyond it.
/// </summary>
public sealed class TierTable
{
    private readonly FrozenDictionary<string, RiskRule> _rules;
    private readonly FrozenSet<(string Risk, Tier Tier)> _divided;

    private TierTable(FrozenDictionary<string, RiskRule> rules, FrozenSet<(string Risk, Tier Tier)> divided)
    {
        (_rules, _divided) = (rules, divided);
        ConfirmsBeyondReview = rules.Values.Any(rule => rule.Block == TierAction.Confirm);
    }

    /// <summary>The default table for every risk.</summary>
    public static TierTable Standard { get; } = new(FrozenDictionary<string, RiskRule>.Empty, FrozenSet<(string Risk, Tier Tier)>.Empty);

    /// <summary>Block terms are hints too, so no hint may count on being the first.</summary>
    public bool ConfirmsBeyondReview { get; }

    /// <summary>The table of some policies.</summary>
    /// <param name="policies">The policies.</param>
    public static TierTable Of(IReadOnlyCollection<Policy> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        if (policies.All(policy => policy.Response is null)) return Standard;
        return new TierTable(
            Taxonomy.Default.All.ToFrozenDictionary(label => label, label => Strictest(label, policies), StringComparer.Ordinal),
            Taxonomy.Default.All.SelectMany(label => new[] { (label, Tier.Review), (label, Tier.Watch) }).Where(pair => IsDivided(pair.Item1, pair.Item2, policies)).ToFrozenSet());
    }

    /// <summary>
    /// Such a term decides alone under some of the policies, and under others it does not: whoever judges by one of the first
    /// (<see cref="Policy.HintsDecide"/>) has it held as hints are where something may confirm them.
    /// </summary>
    /// <param name="risk">Its risk.</param>
    /// <param name="tier">Its tier.</param>
    public bool IsDivided(string risk, Tier tier) => _divided.Contains((risk, tier));

    /// <summary>The most that a term may do.</summary>
    /// <param name="risk">Its risk.</param>
    /// <param name="tier">Its tier.</param>
    public TierAction Of(string risk, Tier tier) => (_rules.TryGetValue(risk, out var rule) ? rule : RiskRule.Standard).Of(tier);

    private static bool IsDivided(string label, Tier tier, IReadOnlyCollection<Policy> policies)
    {
        var blocking = RulesOf(label, policies).Count(rule => rule.Of(tier) == TierAction.Block);
        return blocking > 0 && blocking < policies.Count;
    }

    private static IEnumerable<RiskRule> RulesOf(string label, IReadOnlyCollection<Policy> policies) =>
        policies.Select(policy => policy.Response is { } own && own.Risks.TryGetValue(label, out var rule) ? rule : RiskRule.Standard);

    private static RiskRule Strictest(string label, IReadOnlyCollection<Policy> policies)
    {
        var rules = RulesOf(label, policies).ToArray();
        return new RiskRule(rules.Max(rule => rule.Block), rules.Max(rule => rule.Review), rules.Max(rule => rule.Watch), rules.Max(rule => rule.Most));
    }
}
