namespace Gateway.Inspection.Lexicons;

/// <summary>A validated list of terms. Immutable.</summary>
public sealed class Lexicon
{
    internal Lexicon(
        IReadOnlyList<LexiconTerm> terms,
        IReadOnlyList<string> allowTerms,
        string version,
        IReadOnlyList<LexiconFault> warnings,
        LexiconManifest? manifest = null,
        DateTimeOffset? dated = null)
    {
        Manifest = manifest;
        Dated = dated;
        Terms = terms;
        AllowTerms = allowTerms;
        Version = version;
        Warnings = warnings;
        CountsByRisk = terms.CountBy(term => term.Risk, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        CountsByTier = terms.CountBy(term => term.Tier).ToDictionary();
    }

    /// <summary>A lexicon without terms, for gateways that run on the classifier alone. Version <c>none</c>.</summary>
    public static Lexicon Empty { get; } = new([], [], "none", []);

    /// <summary>The terms, in order of file name and line.</summary>
    public IReadOnlyList<LexiconTerm> Terms { get; }

    /// <summary>
    /// Harmless words. Where one of them occurs (compared by case and width only), block and review terms lying wholly
    /// inside it do not count; watch terms still do.
    /// </summary>
    public IReadOnlyList<string> AllowTerms { get; }

    /// <summary>The first 16 hexadecimal digits of the SHA-256 over names and contents of the files in ordinal order of names.</summary>
    public string Version { get; }

    /// <summary>What the lexicon says about itself; <see langword="null"/> without <c>manifest.json</c>.</summary>
    public LexiconManifest? Manifest { get; }

    /// <summary>How old it is counts from here: the manifest's date, else when the newest file was written; unknown for files in memory.</summary>
    public DateTimeOffset? Dated { get; }

    /// <summary>What is odd but not wrong, such as one term listed twice.</summary>
    public IReadOnlyList<LexiconFault> Warnings { get; }

    /// <summary>Number of terms of each risk label that has any.</summary>
    public IReadOnlyDictionary<string, int> CountsByRisk { get; }

    /// <summary>Number of terms of each tier that has any.</summary>
    public IReadOnlyDictionary<Tier, int> CountsByTier { get; }
}
