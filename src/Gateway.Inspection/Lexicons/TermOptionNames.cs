using System.Globalization;

namespace Gateway.Inspection.Lexicons;

/// <summary>Tiers and options as lexicon files spell them.</summary>
public static class TermOptionNames
{
    /// <summary>A tier: <c>block</c>, <c>review</c>, <c>watch</c>.</summary>
    /// <param name="tier">The tier.</param>
    public static string Of(Tier tier) => tier switch
    {
        Tier.Block => "block",
        Tier.Review => "review",
        _ => "watch",
    };

    /// <summary>The options of a term, one name each; of rules about neighbours the kind alone.</summary>
    /// <param name="term">The term.</param>
    public static IEnumerable<string> Of(LexiconTerm term)
    {
        ArgumentNullException.ThrowIfNull(term);
        return Enum.GetValues<TermOptions>()
            .Where(option => option != TermOptions.None && term.Options.HasFlag(option))
            .Select(option => option.ToString().ToLowerInvariant())
            .Concat(term.Near.Select(KindOf).Distinct());
    }

    /// <summary>The options of a term as column 4 of its line has them.</summary>
    /// <param name="term">The term.</param>
    public static string Column(LexiconTerm term)
    {
        ArgumentNullException.ThrowIfNull(term);
        return string.Join(',', Of(term).Where(option => !option.EndsWith("near", StringComparison.Ordinal)).Concat(
            term.Near.Select(rule => string.Create(CultureInfo.InvariantCulture, $"{KindOf(rule)}:{rule.Text}:{rule.Distance}"))));
    }

    private static string KindOf(NearRule rule) => rule.IsForbidden ? "not-near" : "near";
}
