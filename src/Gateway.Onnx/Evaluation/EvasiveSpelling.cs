using System.Globalization;
using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Onnx.Evaluation;

/// <summary>Ways in which people spell words so that filters miss them; what a model is worth then is a figure of its own.</summary>
internal static class EvasiveSpelling
{
    private static readonly Lazy<Dictionary<char, char>> Traditional = new(ReadTraditional);

    /// <summary>The ways by name.</summary>
    public static IReadOnlyDictionary<string, Func<string, string>> Ways { get; } = new Dictionary<string, Func<string, string>>
    {
        ["fullwidth"] = text => Each(text, c => c is > ' ' and <= '~' ? ((char)(c + 0xFEE0)).ToString() : c.ToString()),
        ["zero-width"] = text => Between(text, "\u200B", inWords: true),
        ["spacing"] = text => Between(text, " ", inWords: false),
        ["traditional"] = text => Each(text, c => Traditional.Value.TryGetValue(c, out var other) ? other.ToString() : c.ToString()),
        ["letters as digits"] = Leet,
    };

    private static string Each(string text, Func<char, string> change)
    {
        var spelled = new StringBuilder(text.Length * 2);
        foreach (var c in text) spelled.Append(change(c));
        return spelled.ToString();
    }

    /// <summary>Puts something between neighbouring Han characters and, where asked, letters.</summary>
    private static string Between(string text, string what, bool inWords)
    {
        var spelled = new StringBuilder(text.Length * 2);
        for (var i = 0; i < text.Length; i++)
        {
            spelled.Append(text[i]);
            if (i + 1 == text.Length) break;
            if (IsHan(text[i]) && IsHan(text[i + 1])) spelled.Append(what);
            else if (inWords && char.IsAsciiLetter(text[i]) && char.IsAsciiLetter(text[i + 1])) spelled.Append(what);
        }

        return spelled.ToString();
    }

    /// <summary>One letter of each longer word.</summary>
    private static string Leet(string text)
    {
        var spelled = text.ToCharArray();
        var (inside, changed) = (0, false);
        for (var i = 0; i < spelled.Length; i++)
        {
            if (!char.IsAsciiLetter(spelled[i]))
            {
                (inside, changed) = (0, false);
                continue;
            }

            var digit = char.ToLowerInvariant(spelled[i]) switch { 'o' => '0', 'i' => '1', 'e' => '3', 'a' => '4', 's' => '5', _ => '\0' };
            var hasNext = i + 1 < spelled.Length && char.IsAsciiLetter(spelled[i + 1]);
            if (inside++ > 0 && hasNext && !changed && digit != '\0') (spelled[i], changed) = (digit, true);
        }

        return new string(spelled);
    }

    private static bool IsHan(char c) => c is >= '\u4E00' and <= '\u9FFF';

    /// <summary>The first traditional form of each simplified character, from the table that folding uses the other way round.</summary>
    private static Dictionary<char, char> ReadTraditional()
    {
        var forms = new Dictionary<char, char>();
        using var reader = new StreamReader(typeof(TextFolder).Assembly.GetManifestResourceStream("han-variants.txt")
            ?? throw new InvalidOperationException("The assembly lacks its resource han-variants.txt."));
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            if (fields is not ["trad", { Length: 4 } from, { Length: 4 } to]) continue;
            forms.TryAdd(Character(to), Character(from));
        }

        return forms;
    }

    private static char Character(string hex) => (char)int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
