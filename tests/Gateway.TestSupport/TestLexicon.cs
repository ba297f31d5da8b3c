namespace Gateway.TestSupport;

/// <summary>
/// The terms that test gateways know. All are invented, so that an occurrence in a log or a metric can only be a leak.
/// </summary>
public static class TestLexicon
{
    /// <summary>A block term that begins with a harmless word.</summary>
    public const string Block = "kestrelbane";

    /// <summary>The harmless beginning of <see cref="Block"/>.</summary>
    public const string BenignPrefix = "kestrel";

    /// <summary>A block term of three-byte characters.</summary>
    public const string BlockChinese = "赤霞禁语";

    /// <summary>A block term that begins with a character outside the basic plane: two UTF-16 units, four bytes.</summary>
    public const string BlockAstral = "𠮷野暗号";

    /// <summary>A block term of several words.</summary>
    public const string BlockPhrase = "amber sunset protocol";

    /// <summary>A block term of 64 characters.</summary>
    public const string BlockLong = "wyrmglassaldermoorthistlefenquartzhollowbrackenspireumberlochval";

    public const string Review = "vagueterm";
    public const string OtherReview = "疑似词语";
    public const string Watch = "noticeword";

    /// <summary>An allow-list term around <see cref="Block"/>.</summary>
    public const string Allowed = "kestrelbane museum";

    /// <summary>What the block terms are filed under.</summary>
    public const string BlockRisk = "violence-obscenity";

    public const string ReviewRisk = "discrim-region";

    /// <summary>Every block term: none may be found in a header, an error, a log or a metric.</summary>
    public static IReadOnlyList<string> BlockTerms { get; } = [Block, BlockChinese, BlockAstral, BlockPhrase, BlockLong];

    /// <summary>The lexicon file.</summary>
    public static string Lines { get; } = string.Join('\n',
        "# terms of the tests",
        $"{Block}\t{BlockRisk}\tblock",
        $"{BlockChinese}\t{BlockRisk}\tblock",
        $"{BlockAstral}\t{BlockRisk}\tblock",
        $"{BlockPhrase}\t{BlockRisk}\tblock",
        $"{BlockLong}\t{BlockRisk}\tblock",
        $"{Review}\t{ReviewRisk}\treview",
        $"{OtherReview}\t{ReviewRisk}\treview",
        $"{Watch}\t{ReviewRisk}\twatch",
        "");

    /// <summary>The allow-list file.</summary>
    public static string AllowLines { get; } = Allowed + "\n";

    /// <summary>The term in full-width forms (ASCII terms only).</summary>
    public static string FullWidth(string term)
    {
        ArgumentNullException.ThrowIfNull(term);
        return string.Concat(term.Select(letter => (char)(letter + 0xFEE0)));
    }

    /// <summary>The term with a zero-width space after each character.</summary>
    public static string ZeroWidth(string term)
    {
        ArgumentNullException.ThrowIfNull(term);
        return string.Concat(term.EnumerateRunes().Select(rune => rune + "\u200B"));
    }
}
