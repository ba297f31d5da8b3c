using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Text.RegularExpressions;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// Finds personal data and keys by their form and, where there is one, their check digit. Text without a digit, an at sign
/// or the beginning of a key costs one vectorised search. Characters that may become a pattern which a policy acts upon are
/// held back (<see cref="TextWindow.PatternsHeld"/>); patterns that are only watched hold nothing. Immutable and safe for any number of threads.
/// </summary>
public sealed partial class PersonalDataDetector : IDetector
{
    /// <summary>Name of the detector in records and metrics.</summary>
    public const string DetectorName = "pattern";

    private const int LongestKey = 2000;
    private const int LongestPrivateKey = 12_000;
    private const string KeyOpening = "-----BEGIN";
    private const string KeyClosing = "-----END";

    private static readonly string[] KeyPrefixes =
    [
        "sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
        "xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "hf_", "LTAI", "AKID", "npm_", "pypi-", "SG.", "eyJ",
    ];

    private static readonly FrozenSet<string> AllKinds = PersonalDataKinds.All.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private static readonly SearchValues<string> KeyBeginnings = SearchValues.Create(KeyPrefixes, StringComparison.Ordinal);
    private static readonly SearchValues<string> Openings = SearchValues.Create([.. KeyPrefixes, KeyOpening], StringComparison.Ordinal);
    private static readonly SearchValues<char> Signs = SearchValues.Create("0123456789@:");
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private static readonly SearchValues<char> HeaderCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");

    /// <inheritdoc/>
    public string Name => DetectorName;

    /// <inheritdoc/>
    public bool IsImmediate => true;

    /// <inheritdoc/>
    /// <remarks>The longest pattern that is only watched, and a little more.</remarks>
    public int Context => 128;

    /// <inheritdoc/>
    public ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        var text = window.Text.Span;
        var hasSigns = text.ContainsAny(Signs);
        var open = window.IsFinal ? text.Length : FirstOpen(text, Held(window));
        if (hasSigns || text.ContainsAny(Openings)) Find(text, window, detections);
        return ValueTask.FromResult(Math.Clamp(text.Length - open, 0, text.Length - window.Fresh));
    }

    // Finding: the first kind that fits a place has it.

    private static void Find(ReadOnlySpan<char> text, in TextWindow window, DetectionList detections)
    {
        List<(int Start, int End)>? taken = null; // most texts have none
        var signs = new PersonalDataSigns(text);
        if (text.Contains(KeyOpening, StringComparison.Ordinal)) FindPrivateKeys(text, window, detections, ref taken);
        if (text.ContainsAny(KeyBeginnings)) Take(PersonalDataKinds.ApiKey, ApiKeys().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.Email)) Take(PersonalDataKinds.Email, Emails().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.IdCard)) Take(PersonalDataKinds.IdCard, IdCards().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.CreditCode)) Take(PersonalDataKinds.CreditCode, CreditCodes().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.Ip)) Take(PersonalDataKinds.Ip, Addresses().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.Phone)) Take(PersonalDataKinds.Phone, Phones().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.BankCard)) Take(PersonalDataKinds.BankCard, BankCards().EnumerateMatches(text), text, window, detections, ref taken);
        if (signs.MayHold(PersonalDataKinds.Passport)) Take(PersonalDataKinds.Passport, Passports().EnumerateMatches(text), text, window, detections, ref taken);
    }

    private static void Take(
        string kind, Regex.ValueMatchEnumerator matches, ReadOnlySpan<char> text, in TextWindow window, DetectionList detections, ref List<(int Start, int End)>? taken)
    {
        var open = !window.IsFinal && Held(window).Contains(kind) ? OpenOf(kind, text) : text.Length;
        foreach (var match in matches)
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            // What is still open may go on, and so may a match at the very end; what ended before was reported before.
            if (end > open || (end == text.Length && !window.IsFinal) || end < window.Fresh) continue;
            if (Overlaps(taken, start, end) || !IsReal(kind, text[start..end])) continue;
            (taken ??= []).Add((start, end));
            Add(kind, start, end, detections);
        }
    }

    private static bool Overlaps(List<(int Start, int End)>? taken, int start, int end)
    {
        if (taken is null) return false;
        foreach (var other in taken)
            if (other.Start < end && other.End > start) return true;
        return false;
    }

    private static void FindPrivateKeys(ReadOnlySpan<char> text, in TextWindow window, DetectionList detections, ref List<(int Start, int End)>? taken)
    {
        foreach (var opening in PrivateKeys().EnumerateMatches(text))
        {
            var start = opening.Index;
            if (taken is { Count: > 0 } && taken[^1].End > start) continue;
            var end = EndOfPrivateKey(text, start + opening.Length);
            if (end < 0)
            {
                if (!window.IsFinal && text.Length - start < LongestPrivateKey) return;
                end = text.Length;
            }

            if (end <= window.Fresh && window.Fresh > 0) continue;
            (taken ??= []).Add((start, end));
            Add(PersonalDataKinds.PrivateKey, start, end, detections);
        }
    }

    private static int EndOfPrivateKey(ReadOnlySpan<char> text, int from)
    {
        var closing = text[from..].IndexOf(KeyClosing, StringComparison.Ordinal);
        if (closing < 0) return -1;
        var dashes = text[(from + closing + KeyClosing.Length)..].IndexOf("-----", StringComparison.Ordinal);
        return dashes < 0 ? -1 : from + closing + KeyClosing.Length + dashes + 5;
    }

    private static void Add(string kind, int start, int end, DetectionList detections) =>
        detections.Add(new Detection(PersonalDataKinds.RiskOf(kind), start, end - start, 1, DetectorName, kind));

    private static bool IsReal(string kind, ReadOnlySpan<char> match) => kind switch
    {
        PersonalDataKinds.IdCard => CheckDigits.IsIdCard(match),
        PersonalDataKinds.CreditCode => CheckDigits.IsCreditCode(match),
        PersonalDataKinds.BankCard => CheckDigits.IsLuhn(match),
        PersonalDataKinds.Ip => IPAddress.TryParse(match, out _) && (match.Contains('.') || match.Length >= 8),
        _ => true,
    };

    // Holding: where the first pattern that is still open begins; the text's length when none is.

    private static FrozenSet<string> Held(in TextWindow window) => window.PatternsHeld ?? AllKinds;

    private static int FirstOpen(ReadOnlySpan<char> text, FrozenSet<string> held)
    {
        var first = text.Length;
        foreach (var kind in held.Items) first = Math.Min(first, OpenOf(kind, text));
        return first;
    }

    /// <summary>Where a pattern of a kind begins that text to come may complete or lengthen; the text's length when there is none.</summary>
    private static int OpenOf(string kind, ReadOnlySpan<char> text) => kind switch
    {
        PersonalDataKinds.PrivateKey => OpenPrivateKey(text),
        PersonalDataKinds.ApiKey => OpenApiKey(text),
        PersonalDataKinds.Email => OpenRun(text, 128, static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '%' or '+' or '-' or '@'),
        PersonalDataKinds.CreditCode or PersonalDataKinds.Passport => OpenRun(text, 18, static c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)),
        PersonalDataKinds.Ip => OpenRun(text, 45, static c => char.IsAsciiHexDigit(c) || c is '.' or ':'),
        _ => OpenRun(text, 30, static c => char.IsAsciiDigit(c) || c is ' ' or '-' or '+' or '(' or ')' or 'X' or 'x'),
    };

    /// <summary>The run of such characters at the end, unless it is longer than any pattern.</summary>
    private static int OpenRun(ReadOnlySpan<char> text, int longest, Func<char, bool> belongs)
    {
        var start = text.Length;
        while (start > 0 && text.Length - start <= longest && belongs(text[start - 1])) start--;
        if (text.Length - start > longest) return text.Length;
        while (start < text.Length && text[start] is ' ' or '-' or ')') start++;
        return start;
    }

    private static int OpenApiKey(ReadOnlySpan<char> text)
    {
        var start = text.Length;
        while (start > 0 && text.Length - start <= LongestKey && KeyCharacters.Contains(text[start - 1])) start--;
        for (; start < text.Length; start++)
        {
            if (start > 0 && char.IsAsciiLetterOrDigit(text[start - 1])) continue;
            var rest = text[start..];
            foreach (var prefix in KeyPrefixes)
            {
                if (rest.StartsWith(prefix, StringComparison.Ordinal) || prefix.AsSpan().StartsWith(rest, StringComparison.Ordinal)) return start;
            }
        }

        return text.Length;
    }

    private static int OpenPrivateKey(ReadOnlySpan<char> text)
    {
        var opening = text.LastIndexOf(KeyOpening, StringComparison.Ordinal);
        if (opening >= 0 && text.Length - opening < LongestPrivateKey)
        {
            var header = text[(opening + KeyOpening.Length)..];
            var isPrivate = PrivateKeys().IsMatch(text[opening..]);
            var isUndecided = header.Length < 48 && header.IndexOf("--", StringComparison.Ordinal) < 0 && !header.ContainsAnyExcept(HeaderCharacters);
            var end = isPrivate ? EndOfPrivateKey(text, opening + KeyOpening.Length) : -1;
            if ((isPrivate && end < 0) || isUndecided || (!isPrivate && IsUnfinishedHeader(header))) return opening;

            // The dashes at the end of a complete key begin no other.
            if (end == text.Length) return end;
        }

        for (var length = Math.Min(KeyOpening.Length - 1, text.Length); length > 0; length--)
        {
            if (text.EndsWith(KeyOpening.AsSpan(0, length), StringComparison.Ordinal)) return text.Length - length;
        }

        return text.Length;
    }

    /// <summary>The header's closing dashes have begun and are not complete.</summary>
    private static bool IsUnfinishedHeader(ReadOnlySpan<char> header)
    {
        var words = header.TrimEnd('-');
        return header.Length - words.Length is > 0 and < 5 && words.Length < 48 && !words.ContainsAnyExcept(HeaderCharacters);
    }

    [GeneratedRegex(@"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY( BLOCK)?-----", RegexOptions.CultureInvariant)]
    private static partial Regex PrivateKeys();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(sk-[A-Za-z0-9_-]{20,2000}|[sr]k_(live|test)_[A-Za-z0-9]{16,200}|(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])|AIza[A-Za-z0-9_-]{35}|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}|xox[abprs]-[A-Za-z0-9-]{10,255}|hf_[A-Za-z0-9]{30,64}|LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])|AKID[A-Za-z0-9]{32}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{32,500}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|eyJ[A-Za-z0-9_-]{10,800}\.eyJ[A-Za-z0-9_-]{10,800}\.[A-Za-z0-9_-]{10,400})",
        RegexOptions.CultureInvariant)]
    private static partial Regex ApiKeys();

    [GeneratedRegex(@"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Emails();

    [GeneratedRegex(@"(?<![A-Za-z0-9])[1-9][0-9]{16}[0-9Xx](?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex IdCards();

    [GeneratedRegex(@"(?<![A-Za-z0-9])[1-9A-GNY][0-9A-HJ-NPQRTUWXY]{17}(?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex CreditCodes();

    [GeneratedRegex(@"(?<![A-Za-z0-9.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.]*[0-9])|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9:]))", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9+])(?:(?:\+86|0086|86)[ -]?)?1[3-9][0-9](?:[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})(?![A-Za-z0-9])|(?<![A-Za-z0-9])0[1-9][0-9]{1,2}[ -][1-9][0-9]{6,7}(?![A-Za-z0-9])|(?<![A-Za-z0-9])\+[1-9][0-9]{0,2}(?:[ -]?\(?[0-9]{2,4}\)?){2,4}(?![A-Za-z0-9])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Phones();

    [GeneratedRegex(@"(?<![A-Za-z0-9.])[3-6][0-9]{3}(?:[0-9]{9,15}|(?:[ -][0-9]{4}){2,3}[ -][0-9]{1,7})(?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex BankCards();

    [GeneratedRegex(@"(?<![A-Za-z0-9])(?:[DEGPS][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})(?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Passports();
}
