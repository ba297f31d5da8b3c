using System.Globalization;
using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Onnx.Features;

/// <summary>
/// What is left of a character once its marks are taken off (canonical decomposition without non-spacing marks), for
/// tokenizers that ask for it. From the project's own Unicode data, because the class library normalises nothing where it runs without
/// the system's tables.
/// </summary>
internal static class AccentTable
{
    private const int HangulFirst = 0xAC00, HangulCount = 11172, Vowels = 21, Finals = 28;

    private static readonly Lazy<Dictionary<int, int>> Bases = new(Read);

    /// <summary>Appends what is left of a character; nothing for a mark.</summary>
    public static void Strip(Rune rune, List<Rune> parts)
    {
        var code = rune.Value;
        if (code is >= HangulFirst and < HangulFirst + HangulCount)
        {
            // Syllables fall apart into their letters; that is arithmetic.
            var index = code - HangulFirst;
            parts.Add(new Rune(0x1100 + (index / (Vowels * Finals))));
            parts.Add(new Rune(0x1161 + (index % (Vowels * Finals) / Finals)));
            if (index % Finals > 0) parts.Add(new Rune(0x11A7 + (index % Finals)));
            return;
        }

        while (Bases.Value.TryGetValue(code, out var next)) code = next;
        var left = new Rune(code);
        if (Rune.GetUnicodeCategory(left) != UnicodeCategory.NonSpacingMark) parts.Add(left);
    }

    private static Dictionary<int, int> Read()
    {
        var bases = new Dictionary<int, int>();
        using var reader = new StreamReader(typeof(TextFolder).Assembly.GetManifestResourceStream("unicode-foldings.txt")
            ?? throw new InvalidOperationException("The assembly lacks its resource unicode-foldings.txt."));
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            if (fields is ["marked" or "voiced" or "singleton", _, _, ..]) bases[Code(fields[1])] = Code(fields[2]);
        }

        return bases;
    }

    private static int Code(string hex) => int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
