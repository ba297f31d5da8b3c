using System.Globalization;
using System.Text;

namespace Gateway.Inspection.Text;

/// <summary>
/// What may stand between the characters of a word without being part of it: spaces, punctuation, symbols, controls, and
/// code points that nobody has given a meaning (private use, unassigned, non-characters), which are shown as an empty box or not at all.
/// </summary>
internal static class Separators
{
    /// <summary>Whether characters of a category separate.</summary>
    public static bool Has(UnicodeCategory category) => category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
        or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
        or UnicodeCategory.OtherPunctuation or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
        or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>Whether a character separates.</summary>
    public static bool Has(Rune rune) => Has(Rune.GetUnicodeCategory(rune));
}
