namespace Gateway.Audit;

/// <summary>
/// Keeps persons out of what a client can choose and a record repeats: names of models, paths, names of properties. What
/// looks like an address or a long number is withheld.
/// </summary>
internal static class Discretion
{
    /// <summary>Stands for what is withheld.</summary>
    public const string Withheld = "[withheld]";

    /// <summary>Digits that make a telephone number or a longer one.</summary>
    private const int LongNumber = 11;

    /// <summary>The text, or what stands for it.</summary>
    public static string? Clean(string? text)
    {
        if (text is null) return null;
        var digits = 0;
        foreach (var character in text)
        {
            if (character is '@' or '＠') return Withheld;
            if (char.IsDigit(character))
            {
                if (++digits == LongNumber) return Withheld;
            }
            else if (character is not (' ' or '-' or '.' or '(' or ')' or '+' or '_')) digits = 0;
        }

        return text;
    }

    /// <summary>A path of a field: only the parts that give something away are withheld.</summary>
    public static string CleanPath(string path) =>
        Clean(path) == path ? path : string.Join('.', path.Split('.').Select(part => Clean(part))) is var cleaned && Clean(cleaned) == cleaned ? cleaned : Withheld;
}
