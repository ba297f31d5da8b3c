using System.Globalization;
using System.Text;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>Reads lexicon files line by line and notes every fault instead of stopping at the first.</summary>
internal sealed class LexiconReader(Taxonomy taxonomy, List<LexiconFault> faults)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly string[] TierNames = ["block", "review", "watch"];
    private static readonly string[] OptionNames = ["word", "near:TERM:N", "not-near:TERM:N", "leet", "pinyin", "initials", "homophone", "split"];

    private readonly Dictionary<string, LexiconTerm> _seen = new(StringComparer.Ordinal);
    private readonly FoldedText _folded = new();

    public List<LexiconTerm> Terms { get; } = [];

    public List<string> AllowTerms { get; } = [];

    public List<LexiconFault> Warnings { get; } = [];

    public void Read(LexiconFile file)
    {
        var bytes = file.Content.Span;
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        for (var line = 1; !bytes.IsEmpty; line++)
        {
            var end = bytes.IndexOf((byte)'\n');
            var text = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (text.EndsWith("\r"u8)) text = text[..^1];
            ReadLine(file.Name, line, text);
        }
    }

    private void ReadLine(string file, int line, ReadOnlySpan<byte> bytes)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            Fault(file, line, "is not valid UTF-8; save the file as UTF-8.");
            return;
        }

        if (string.IsNullOrWhiteSpace(text) || text[0] == '#') return;
        var columns = text.Split('\t', StringSplitOptions.TrimEntries);
        if (file == LexiconLoader.AllowFile) ReadAllowTerm(file, line, columns);
        else ReadTerm(file, line, columns);
    }

    private void ReadAllowTerm(string file, int line, string[] columns)
    {
        if (columns.Length > 1)
        {
            Fault(file, line, $"has {columns.Length} columns; {LexiconLoader.AllowFile} has one, the harmless term: "
                + "move the line to another file or drop what follows the first tab.");
            return;
        }

        if (IsUsable(file, line, columns[0], TextFolder.Plain)) AllowTerms.Add(columns[0]);
    }

    private void ReadTerm(string file, int line, string[] columns)
    {
        if (columns.Length is < 3 or > 4)
        {
            Fault(file, line, $"has {columns.Length} column{(columns.Length == 1 ? "" : "s")}; "
                + "write term, risk and tier, and options if any, separated by tabs.");
            return;
        }

        var before = faults.Count;
        IsUsable(file, line, columns[0], TextFolder.Default);
        if (!taxonomy.IsKnown(columns[1]))
        {
            var remedy = taxonomy.TrySuggest(columns[1], out var nearest)
                ? $"did you mean '{nearest}'?"
                : "use an id of the taxonomy, such as 'violence-obscenity' or 'other-prohibited.drugs'.";
            Fault(file, line, $"unknown risk '{Shown(columns[1])}'; {remedy}");
        }

        var tier = ReadTier(file, line, columns[2]);
        var near = new List<NearRule>();
        var options = columns.Length == 4 ? ReadOptions(file, line, columns[3], near) : TermOptions.None;
        if (faults.Count > before) return;

        var term = new LexiconTerm(columns[0], columns[1], tier, options, file, line) { Near = near };
        Terms.Add(term);
        WarnOfDuplicate(term);
    }

    /// <summary>Checks a term's length after folding; leaves the folded text in <see cref="_folded"/>.</summary>
    private bool IsUsable(string file, int line, string term, TextFolder folder)
    {
        folder.Fold(term, _folded);
        if (_folded.Length > LexiconLoader.MaxTermLength)
        {
            Fault(file, line, $"the term has {_folded.Length} characters after folding; "
                + $"{LexiconLoader.MaxTermLength} is the most: use its distinctive part.");
            return false;
        }

        foreach (var rune in _folded.Text.EnumerateRunes())
            if (!Separators.Has(rune)) return true;
        Fault(file, line, "the term is empty after folding: punctuation, spaces, symbols and emoji are skipped when terms are matched, "
            + "so it would match nothing or everything; remove the line.");
        return false;
    }

    private Tier ReadTier(string file, int line, string name)
    {
        switch (name)
        {
            case "block": return Tier.Block;
            case "review": return Tier.Review;
            case "watch": return Tier.Watch;
        }

        var remedy = Spelling.TryNearest(name, TierNames, out var nearest) ? $"did you mean '{nearest}'?" : "use block, review or watch.";
        Fault(file, line, $"unknown tier '{Shown(name)}'; {remedy}");
        return Tier.Block;
    }

    private TermOptions ReadOptions(string file, int line, string column, List<NearRule> near)
    {
        var options = TermOptions.None;
        foreach (var name in column.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.StartsWith("near:", StringComparison.Ordinal) || name.StartsWith("not-near:", StringComparison.Ordinal))
            {
                ReadNear(file, line, name, near);
                continue;
            }

            var option = name switch
            {
                "word" => TermOptions.Word,
                "leet" => TermOptions.Leet,
                "pinyin" => TermOptions.Pinyin,
                "initials" => TermOptions.Initials,
                "homophone" => TermOptions.Homophone,
                "split" => TermOptions.Split,
                _ => TermOptions.None,
            };
            options |= option;
            if (option != TermOptions.None) continue;
            var remedy = Spelling.TryNearest(name, OptionNames, out var nearest)
                ? $"did you mean '{nearest}'?"
                : $"supported: {string.Join(", ", OptionNames)}.";
            Fault(file, line, $"unknown option '{Shown(name)}'; {remedy}");
        }

        return options;
    }

    private void ReadNear(string file, int line, string option, List<NearRule> near)
    {
        var (first, last) = (option.IndexOf(':', StringComparison.Ordinal), option.LastIndexOf(':'));
        var isDistance = int.TryParse(option.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var distance);
        if (last == first || !isDistance || distance is < 1 or > NearRule.MostDistance)
        {
            Fault(file, line, $"option '{Shown(option)}' must read {option[..first]}:TERM:N with N from 1 to {NearRule.MostDistance} characters.");
            return;
        }

        var term = option[(first + 1)..last];
        if (IsUsable(file, line, term, TextFolder.Default)) near.Add(new NearRule(term, distance, option[0] == 'n' && option[1] == 'o'));
    }

    private void WarnOfDuplicate(LexiconTerm term)
    {
        TextFolder.Default.Fold(term.Text, _folded);
        var key = _folded.Text.ToString();
        if (_seen.TryAdd(key, term)) return;
        var first = _seen[key];
        var consequence = first.Tier == term.Tier && first.Risk == term.Risk
            ? "remove one"
            : "both are reported and the stricter decides";
        Warnings.Add(new(term.File, term.Line, $"the same term after folding as {first.Rule}; {consequence}."));
    }

    private void Fault(string file, int line, string message) => faults.Add(new LexiconFault(file, line, message));

    private static string Shown(string value) => value.Length <= 64 ? value : value[..64] + "…";
}
