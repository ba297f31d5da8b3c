namespace Gateway.Audit.Journal;

/// <summary>The form of a line: 64 hex digits, a space, JSON, a line feed.</summary>
internal static class JournalLine
{
    /// <summary>Bytes before the JSON.</summary>
    public const int PrefixLength = EntryHash.Length + 1;

    /// <summary>Longest line a reader takes, bytes: well above the longest entry, so that damage cannot exhaust memory.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    /// <summary>Splits a line, without its line feed, into hash and JSON.</summary>
    /// <returns><see langword="false"/> if the line cannot be an entry.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> hash, out ReadOnlySpan<byte> json)
    {
        if (line.Length <= PrefixLength || line[EntryHash.Length] != (byte)' ')
        {
            hash = json = default;
            return false;
        }

        hash = line[..EntryHash.Length];
        json = line[PrefixLength..];
        return true;
    }

    /// <summary>Whether the line's hash is that of its JSON.</summary>
    public static bool Verifies(ReadOnlySpan<byte> line)
    {
        if (!TrySplit(line, out var hash, out var json)) return false;
        Span<byte> actual = stackalloc byte[EntryHash.Length];
        EntryHash.Write(json, actual);
        return hash.SequenceEqual(actual);
    }
}
