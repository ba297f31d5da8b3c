namespace Gateway.Inspection.Detectors;

/// <summary>Check digits of numbers that name people, companies and accounts.</summary>
public static class CheckDigits
{
    private const string CodeAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    private const string CardCheck = "10X98765432";
    private static ReadOnlySpan<int> CardWeights => [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    private static ReadOnlySpan<int> CodeWeights => [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

    /// <summary>Chinese identity card (GB 11643): 17 digits with a plausible birthday and the check character.</summary>
    public static bool IsIdCard(ReadOnlySpan<char> text)
    {
        if (text.Length != 18) return false;
        var sum = 0;
        for (var i = 0; i < 17; i++)
        {
            if (!char.IsAsciiDigit(text[i])) return false;
            sum += (text[i] - '0') * CardWeights[i];
        }

        var (year, month, day) = (Number(text[6..10]), Number(text[10..12]), Number(text[12..14]));
        return year is >= 1900 and <= 2099 && month is >= 1 and <= 12 && day is >= 1 and <= 31
            && char.ToUpperInvariant(text[17]) == CardCheck[sum % 11];
    }

    /// <summary>Luhn's check over the digits of a number; other characters are passed over.</summary>
    public static bool IsLuhn(ReadOnlySpan<char> text)
    {
        var (sum, position) = (0, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i])) continue;
            var digit = text[i] - '0';
            if (position++ % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    /// <summary>Unified social credit code (GB 32100): 17 characters and the check character.</summary>
    public static bool IsCreditCode(ReadOnlySpan<char> text)
    {
        if (text.Length != 18) return false;
        var sum = 0;
        for (var i = 0; i < 17; i++)
        {
            var value = CodeAlphabet.IndexOf(text[i], StringComparison.Ordinal);
            if (value < 0) return false;
            sum += value * CodeWeights[i];
        }

        return CodeAlphabet[(31 - (sum % 31)) % 31] == text[17];
    }

    private static int Number(ReadOnlySpan<char> digits)
    {
        var number = 0;
        foreach (var digit in digits) number = (number * 10) + digit - '0';
        return number;
    }
}
