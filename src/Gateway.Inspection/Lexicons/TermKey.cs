using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>The canonical form of terms: two terms with one form find the same text and count as one.</summary>
internal static class TermKey
{
    /// <summary>Folded, without what matching skips inside a term.</summary>
    public static string Of(string term)
    {
        var folded = TextFolder.Matching.Fold(term);
        var key = new StringBuilder(folded.Length);
        foreach (var rune in folded.EnumerateRunes())
        {
            if (!Separators.Has(rune)) key.Append(rune);
        }

        return key.ToString();
    }
}
