namespace Gateway.Inspection.Matching;

/// <summary>Looks around a hit for what must, or must not, stand near it. Not safe for several threads.</summary>
internal sealed class NearScan(SymbolMap map)
{
    private readonly Reading _reading = new(map);

    /// <summary>Judges a hit.</summary>
    /// <param name="text">The text, as far as its folding is settled.</param>
    /// <param name="isFinal">No character will follow.</param>
    /// <param name="start">Start of the hit.</param>
    /// <param name="end">End of the hit.</param>
    /// <param name="rules">What to look for; every rule must be met.</param>
    public AllowScan.Answer Judge(ReadOnlySpan<char> text, bool isFinal, int start, int end, NearPattern[] rules)
    {
        var answer = AllowScan.Answer.Clear;
        foreach (var rule in rules)
        {
            var distance = rule.Rule.Distance;
            var isSeen = IsWithin(text, Math.Max(0, start - distance), start, rule.Symbols)
                || IsWithin(text, end, Math.Min(text.Length, end + distance), rule.Symbols);
            if (isSeen && rule.Rule.IsForbidden) return AllowScan.Answer.Covered;
            if (isSeen) continue;
            if (!isFinal && end + distance > text.Length) answer = AllowScan.Answer.Pending;
            else if (!rule.Rule.IsForbidden) return AllowScan.Answer.Covered;
        }

        return answer;
    }

    private bool IsWithin(ReadOnlySpan<char> text, int from, int to, string symbols)
    {
        // Half a character at an edge is none.
        if (from > 0 && from < to && char.IsLowSurrogate(text[from])) from++;
        if (to > from && to < text.Length && char.IsHighSurrogate(text[to - 1])) to--;
        if (from >= to) return false;
        _reading.Read(text[..to], from, to);
        for (var i = 0; i + symbols.Length <= _reading.Length; i++)
        {
            var length = 0;
            while (length < symbols.Length && _reading[i + length].Symbol == symbols[length]) length++;
            if (length == symbols.Length) return true;
        }

        return false;
    }
}
