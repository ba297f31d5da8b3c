using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Lexicons;

/// <summary>
/// Two lexicons side by side: which terms differ, and which texts they judge differently: the blast radius of a change. Only
/// keywords are asked; a classifier would judge the same text the same way on both sides.
/// </summary>
public sealed class LexiconDiff
{
    private readonly Inspector _before;
    private readonly Inspector _after;
    private readonly Policy _policy = new() { Name = "diff" };
    private readonly DetectionList _found = new();

    /// <summary>Compiles both.</summary>
    /// <param name="before">The lexicon in use.</param>
    /// <param name="after">The lexicon to come.</param>
    public LexiconDiff(Lexicon before, Lexicon after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        _before = new Inspector([new KeywordDetector(before)]);
        _after = new Inspector([new KeywordDetector(after)]);
        Terms = [.. Compare(Describe(before), Describe(after), ""), .. Compare(DescribeAllowed(before), DescribeAllowed(after), "-allow")];
    }

    /// <summary>The terms that differ: added, removed, changed, and the same of the allow-list.</summary>
    public IReadOnlyList<TermChange> Terms { get; }

    /// <summary>Judges a text with both.</summary>
    /// <param name="text">The text.</param>
    /// <param name="side">Which way it travels.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see langword="null"/> when both take the same action.</returns>
    public async ValueTask<TextChange?> CompareAsync(string text, TextSide side, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0) return null;
        var before = await JudgeAsync(_before, text, side, cancellationToken);
        var after = await JudgeAsync(_after, text, side, cancellationToken);
        if (before.Action == after.Action) return null;
        var stricter = before.Action > after.Action ? before : after;
        var tier = stricter.Action == GuardAction.Block && stricter.Detections.Any(found => found.Tier == Tier.Block) ? Tier.Block : Tier.Review;
        return new TextChange(
            before.Action, after.Action, [.. stricter.Detections.Where(found => found.Tier >= tier).Select(found => found.Rule).Distinct(StringComparer.Ordinal)]);
    }

    private async ValueTask<Verdict> JudgeAsync(Inspector inspector, string text, TextSide side, CancellationToken cancellationToken)
    {
        _found.Clear();
        await inspector.DetectImmediateAsync(TextWindow.Whole(text.AsMemory(), side), _found, cancellationToken);
        return _policy.Decide(_found);
    }

    private static IEnumerable<TermChange> Compare(
        Dictionary<string, (string Term, string Meaning, string Rule)> before, Dictionary<string, (string Term, string Meaning, string Rule)> after, string suffix)
    {
        foreach (var (key, now) in after)
        {
            if (!before.TryGetValue(key, out var then)) yield return new("added" + suffix, now.Term, null, now.Meaning, now.Rule);
            else if (then.Meaning != now.Meaning) yield return new("changed" + suffix, now.Term, then.Meaning, now.Meaning, now.Rule);
        }

        foreach (var (key, then) in before)
        {
            if (!after.ContainsKey(key)) yield return new("removed" + suffix, then.Term, then.Meaning, null, then.Rule);
        }
    }

    /// <summary>By canonical form: moving a term to another file or line changes nothing.</summary>
    private static Dictionary<string, (string Term, string Meaning, string Rule)> Describe(Lexicon lexicon) => lexicon.Terms
        .GroupBy(term => TermKey.Of(term.Text), StringComparer.Ordinal)
        .ToDictionary(
            group => group.Key,
            group => (group.First().Text, string.Join(" + ", group.Select(Meaning).Order(StringComparer.Ordinal)), group.First().Rule),
            StringComparer.Ordinal);

    private static Dictionary<string, (string Term, string Meaning, string Rule)> DescribeAllowed(Lexicon lexicon) => lexicon.AllowTerms
        .GroupBy(TermKey.Of, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => (group.First(), "allow", LexiconLoader.AllowFile), StringComparer.Ordinal);

    private static string Meaning(LexiconTerm term) => $"{term.Risk} {TermOptionNames.Of(term.Tier)} {TermOptionNames.Column(term)}".TrimEnd();
}
