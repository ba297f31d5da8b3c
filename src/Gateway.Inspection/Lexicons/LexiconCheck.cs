using System.Globalization;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>
/// Looks a lexicon over before it is used: what a gateway would refuse, and what it would accept and regret. Terms are held
/// against common words by matching them, so that whole-word options and the allow-list count as they do in service.
/// </summary>
public static class LexiconCheck
{
    private const int Examples = 3;

    /// <summary>Checks a lexicon.</summary>
    /// <param name="reading">The lexicon as read, faults included.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    /// <param name="cancellationToken">Ends the check early.</param>
    public static async Task<LexiconReport> RunAsync(LexiconReading reading, Taxonomy? taxonomy = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var lexicon = reading.Lexicon;
        var findings = new List<LexiconFinding>();
        findings.AddRange(reading.Faults.Select(fault => new LexiconFinding(LexiconFinding.Fault, fault)));
        var advice = new List<LexiconFinding>();
        AddDuplicates(lexicon, advice);
        AddSwallowed(lexicon, advice);
        if (lexicon.Terms.Count > 0)
        {
            await AddIdleAllowTermsAsync(lexicon, advice, cancellationToken);
            await AddCommonWordsAsync(lexicon, advice, cancellationToken);
        }

        findings.AddRange(advice.OrderBy(finding => finding.Place.File, StringComparer.Ordinal).ThenBy(finding => finding.Place.Line));
        var keys = lexicon.Terms.Select(term => (term.Risk, Key: TermKey.Of(term.Text))).ToArray();
        return new LexiconReport(
            lexicon,
            findings,
            [.. (taxonomy ?? Taxonomy.Default).Risks.Select(risk => Count(risk, keys))],
            keys.Select(term => term.Key).Distinct(StringComparer.Ordinal).Count(),
            reading.IsWhole);
    }

    private static RiskCount Count(Risk risk, (string Risk, string Key)[] keys)
    {
        var prefix = risk.Id + ".";
        return new RiskCount(
            risk.Id,
            risk.Clause,
            Distinct(label => label == risk.Id || label.StartsWith(prefix, StringComparison.Ordinal)),
            risk.KeywordsMin,
            risk.SubLabels.ToDictionary(sub => sub, sub => Distinct(label => label == prefix + sub), StringComparer.Ordinal));

        int Distinct(Func<string, bool> belongs) =>
            keys.Where(term => belongs(term.Risk)).Select(term => term.Key).Distinct(StringComparer.Ordinal).Count();
    }

    private static void AddDuplicates(Lexicon lexicon, List<LexiconFinding> findings)
    {
        var noted = lexicon.Warnings.Select(warning => (warning.File, warning.Line)).ToHashSet();
        var first = new Dictionary<string, LexiconTerm>(StringComparer.Ordinal);
        var duplicates = new HashSet<(string, int)>();
        foreach (var term in lexicon.Terms)
        {
            if (first.TryAdd(TermKey.Of(term.Text), term)) continue;
            duplicates.Add((term.File, term.Line));
            if (noted.Contains((term.File, term.Line))) continue;
            var earlier = first[TermKey.Of(term.Text)];
            findings.Add(Note("duplicate", term, $"the same term as {earlier.Rule} once separators are skipped; keep one."));
        }

        // What reading noted already, under the name that fits it.
        findings.AddRange(lexicon.Warnings.Select(warning => new LexiconFinding(duplicates.Contains((warning.File, warning.Line)) ? "duplicate" : "note", warning)));
    }

    private static void AddSwallowed(Lexicon lexicon, List<LexiconFinding> findings)
    {
        var allowed = lexicon.AllowTerms.Select(TextFolder.Plain.Fold).ToHashSet(StringComparer.Ordinal);
        foreach (var term in lexicon.Terms.Where(term => term.Tier != Tier.Watch && allowed.Contains(TextFolder.Plain.Fold(term.Text))))
        {
            findings.Add(Note("swallowed", term, $"{LexiconLoader.AllowFile} holds the same word, so this term never hits where it is written plainly; remove one of the two."));
        }
    }

    private static async Task AddIdleAllowTermsAsync(Lexicon lexicon, List<LexiconFinding> findings, CancellationToken cancellationToken)
    {
        var withoutAllowList = new KeywordDetector(new Lexicon(lexicon.Terms, [], lexicon.Version, []));
        var found = new DetectionList();
        var idle = new List<string>();
        foreach (var word in lexicon.AllowTerms)
        {
            found.Clear();
            await withoutAllowList.DetectAsync(TextWindow.Whole(word.AsMemory(), TextSide.Prompt), found, cancellationToken);
            if (Deciding(found).Any()) continue;
            idle.Add(word);
        }

        if (idle.Count > 0)
        {
            findings.Add(new("idle-allow", new(LexiconLoader.AllowFile, 0, $"some words contain no block or review term and protect nothing: {Some(idle)}.")));
        }
    }

    private static async Task AddCommonWordsAsync(Lexicon lexicon, List<LexiconFinding> findings, CancellationToken cancellationToken)
    {
        var detector = new KeywordDetector(lexicon);
        var found = new DetectionList();
        var hits = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var word in CommonWords.Read())
        {
            found.Clear();
            await detector.DetectAsync(TextWindow.Whole(word.AsMemory(), TextSide.Prompt), found, cancellationToken);
            foreach (var detection in Deciding(found))
            {
                // That a term to be reviewed is a word of everyday language is what the tier is for; that it sits inside another is not.
                if (detection.Tier == Tier.Review && detection.Length == word.Length) continue;
                if (!hits.TryGetValue(detection.Rule, out var words)) hits[detection.Rule] = words = [];
                if (!words.Contains(word)) words.Add(word);
            }
        }

        foreach (var term in lexicon.Terms)
        {
            if (!hits.TryGetValue(term.Rule, out var words)) continue;
            findings.Add(Note("common-word", term, $"is found in common words: {Some(words)}; make the term longer, lower its tier, or put these on the allow-list."));
        }
    }

    private static string Some(List<string> words) => string.Join(", ", words.Take(Examples))
        + (words.Count > Examples ? string.Create(CultureInfo.InvariantCulture, $" and {words.Count - Examples} more") : "");

    private static IEnumerable<Detection> Deciding(DetectionList found) => found.ToArray().Where(detection => detection.Tier is Tier.Block or Tier.Review);

    private static LexiconFinding Note(string kind, LexiconTerm term, string message) => new(kind, new(term.File, term.Line, message));
}
