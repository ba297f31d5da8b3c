using System.Globalization;
using System.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>Turns the rows of a word list into lines of a lexicon file. What a lexicon would refuse is refused here, row by row.</summary>
public static class LexiconImport
{
    /// <summary>What is wrong with risk, tier and options; <see langword="null"/> when nothing is.</summary>
    /// <param name="risk">Risk of every term.</param>
    /// <param name="tier">Tier of every term.</param>
    /// <param name="options">Options of every term, comma separated; empty for none.</param>
    public static string? FaultIn(string risk, string tier, string options)
    {
        ArgumentNullException.ThrowIfNull(risk);
        ArgumentNullException.ThrowIfNull(tier);
        ArgumentNullException.ThrowIfNull(options);
        if ((risk + tier + options).AsSpan().IndexOfAny('\t', '\n', '\r') >= 0) return "risk, tier and options hold no tab or line break.";
        return Judge([LineOf("term", risk, tier, options)]).Faults is [var fault, ..] ? fault.Message : null;
    }

    /// <summary>Makes the lines.</summary>
    /// <param name="source">Name of the list, for messages.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="risk">Risk of every term.</param>
    /// <param name="tier">Tier of every term: <c>block</c>, <c>review</c>, <c>watch</c>.</param>
    /// <param name="options">Options of every term, comma separated; empty for none.</param>
    /// <param name="present">Terms that are there already.</param>
    public static ImportResult Run(
        string source, IReadOnlyList<ImportRow> rows, string risk, string tier, string options, IEnumerable<LexiconTerm> present)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(present);
        var refused = new SortedDictionary<int, LexiconFault>();
        var candidates = new List<ImportRow>();
        foreach (var row in rows)
        {
            if (FaultIn(row.Text) is { } fault) refused[row.Line] = new(source, row.Line, fault);
            else candidates.Add(row);
        }

        // The lexicon's own reader is the judge: line n of what it is shown is candidate n.
        var judged = Judge(candidates.Select(row => LineOf(row.Text!, risk, tier, options)));
        foreach (var fault in judged.Faults.Where(fault => fault.Line > 0))
        {
            var row = candidates[fault.Line - 1];
            refused[row.Line] = new(source, row.Line, fault.Message);
        }

        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var term in present) seen.TryAdd(TermKey.Of(term.Text), term.Rule);
        var lines = new List<string>();
        var duplicates = new List<LexiconFault>();
        foreach (var term in judged.Lexicon.Terms)
        {
            var row = candidates[term.Line - 1];
            var rule = string.Create(CultureInfo.InvariantCulture, $"{source}:{row.Line}");
            if (seen.TryAdd(TermKey.Of(term.Text), rule)) lines.Add(LineOf(term.Text, risk, tier, options));
            else duplicates.Add(new(source, row.Line, $"the same term after folding as {seen[TermKey.Of(term.Text)]}."));
        }

        return new ImportResult(lines, duplicates, [.. refused.Values]);
    }

    private static string? FaultIn(string? text) => text switch
    {
        null => "has no word where one should be.",
        "" => "is empty.",
        _ when text[0] == '#' => "begins with #, which makes a comment of a lexicon line; leave the sign out.",
        _ when text.AsSpan().IndexOfAny('\t', '\n', '\r') >= 0 => "holds a tab or a line break, which a lexicon line cannot.",
        _ => null,
    };

    private static LexiconReading Judge(IEnumerable<string> lines) =>
        LexiconLoader.Read([new LexiconFile("import.tsv", Encoding.UTF8.GetBytes(string.Join('\n', lines)))]);

    private static string LineOf(string text, string risk, string tier, string options) =>
        options.Length == 0 ? $"{text}\t{risk}\t{tier}" : $"{text}\t{risk}\t{tier}\t{options}";
}
