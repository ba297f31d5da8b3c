using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Policies;

/// <summary>What findings of one risk do in one direction.</summary>
/// <param name="Block">What a block term does.</param>
/// <param name="Review">What a review term does.</param>
/// <param name="Watch">What a watch term does.</param>
/// <param name="Most">The most that a finding may do, terms included.</param>
public readonly record struct RiskRule(TierAction Block, TierAction Review, TierAction Watch, RiskAction Most)
{
    /// <summary>The default table.</summary>
    public static RiskRule Standard { get; } = new(TierAction.Block, TierAction.Confirm, TierAction.Watch, RiskAction.Block);

    /// <summary>What a hit of a tier does.</summary>
    /// <param name="tier">The tier.</param>
    public TierAction Of(Tier tier) => tier switch
    {
        Tier.Block => Block,
        Tier.Review => Review,
        _ => Watch,
    };

    /// <summary>The rule with its limit worked into the tiers.</summary>
    internal RiskRule Capped() => this with { Block = Cap(Block), Review = Cap(Review), Watch = Cap(Watch) };

    private TierAction Cap(TierAction action) => Most switch
    {
        RiskAction.Watch => TierAction.Watch,
        RiskAction.Label => action > TierAction.Label ? TierAction.Label : action,
        _ => action,
    };
}
