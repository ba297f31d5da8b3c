namespace Gateway.Protocols;

/// <summary>
/// The texts of a body that consist of several strings. What stands between two of them (a link, a member that no rule
/// knows) does not part them: the model reads them as one, so they are brought together here.
/// </summary>
internal sealed class JoinedTexts
{
    private readonly Dictionary<(ulong Hash, int Group, int Sub), int> _texts = [];
    private readonly List<(int Field, int Start, int Length)> _loose = [];

    public void Clear()
    {
        if (_texts.Count > 0) _texts.Clear();
        _loose.Clear();
    }

    /// <summary>Adds a string to the text that it goes on with.</summary>
    /// <returns>False when there is none yet: the next text to be added is the first of its kind.</returns>
    public bool TryJoin(ScannedJson scanned, (ulong Hash, int Group, int Sub) place, int start, int length)
    {
        if (!_texts.TryGetValue(place, out var ordinal))
        {
            _texts[place] = scanned.Fields.Count;
            return false;
        }

        var text = scanned.Fields[ordinal];
        if (text.Start + text.Length == start) scanned.Fields[ordinal] = text with { Length = text.Length + length, IsJoined = true };
        else _loose.Add((ordinal, start, length));
        return true;
    }

    /// <summary>Copies each text that has loose strings to one place; the strings' tokens are found from there.</summary>
    public void Gather(ScannedJson scanned)
    {
        if (_loose.Count == 0) return;
        foreach (var pieces in _loose.GroupBy(piece => piece.Field))
        {
            var text = scanned.Fields[pieces.Key];
            var length = text.Length + pieces.Sum(piece => piece.Length);
            scanned.Reserve(length);
            var start = scanned.Advance(0);
            Move(scanned, text.Start, text.Length);
            foreach (var piece in pieces) Move(scanned, piece.Start, piece.Length);
            scanned.Fields[pieces.Key] = text with { Start = start, Length = length, IsJoined = true };
        }
    }

    private static void Move(ScannedJson scanned, int from, int length)
    {
        var space = scanned.Reserve(length);
        var to = scanned.Advance(length);
        scanned.CharactersAt(from, length).CopyTo(space);
        var count = scanned.Segments.Count;
        for (var i = SegmentAt(scanned.Segments, from); i < count && scanned.Segments[i].Start < from + length; i++)
        {
            scanned.Segments.Add(scanned.Segments[i] with { Start = scanned.Segments[i].Start - from + to });
        }
    }

    /// <summary>Ordinal of the string that begins at a character; they stand in order.</summary>
    public static int SegmentAt(List<TextSegment> segments, int start)
    {
        var (low, high) = (0, segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (segments[middle].Start < start) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
