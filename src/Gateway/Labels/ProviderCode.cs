using System.Buffers;
using Gateway.Inspection.Detectors;

namespace Gateway.Labels;

/// <summary>
/// The provider's code of 27 characters (TC260-PG-20252A): format, kind and binding of the subject, its unified social credit code,
/// the service, and four characters of the provider's own. It follows from the operator's registration, so it is checked and never made up.
/// </summary>
internal static class ProviderCode
{
    /// <summary>Characters of a code.</summary>
    public const int Length = 27;

    private const int CreditCodeStart = 4;
    private const int CreditCodeLength = 18;
    private const int Service = 22;
    private const string NoExtension = "00000";

    private static readonly SearchValues<char> Extension = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>A value that is meant to be a code: 27 letters and digits, the first a digit. Anything else is a name.</summary>
    public static bool IsMeant(string value) => value.Length == Length && char.IsAsciiDigit(value[0]) && value.All(char.IsAsciiLetterOrDigit);

    /// <summary>What is wrong with a code, with the remedy; <see langword="null"/> when it is in order.</summary>
    public static string? Fault(string code)
    {
        if (code.Length != Length) return $"a provider code of {Length} characters";
        if (!code.StartsWith("0011", StringComparison.Ordinal)) return "a provider code that begins with 0011: format 00, an organisation (1), bound by its unified social credit code (1)";
        if (!CheckDigits.IsCreditCode(code.AsSpan(CreditCodeStart, CreditCodeLength))) return "a provider code whose characters 5 to 22 are a unified social credit code: its check character (GB 32100) does not fit";
        if (code[Service] is not ('0' or '1' or '2')) return "a provider code whose character 23 is 1 (generation) or 2 (propagation)";
        if (code.AsSpan(Service + 1).ContainsAnyExcept(Extension)) return "a provider code whose characters 24 to 27 are digits or capital letters";
        return null;
    }

    /// <summary>What is odd about a code that is in order otherwise; <see langword="null"/> when nothing is.</summary>
    public static string? Doubt(string code) => code[Service] == '0' && !code.EndsWith(NoExtension, StringComparison.Ordinal)
        ? "character 23 is 0, neither generation (1) nor propagation (2), although an extension follows"
        : null;
}
