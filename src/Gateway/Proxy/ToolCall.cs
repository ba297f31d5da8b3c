namespace Gateway.Proxy;

/// <summary>A tool that an answer calls.</summary>
/// <param name="Name">Its name; <see langword="null"/> where it may not be quoted.</param>
/// <param name="Arguments">What it is told; only a digest of it is recorded.</param>
internal readonly record struct ToolCall(string? Name, string Arguments)
{
    /// <summary>Calls kept for a record.</summary>
    public const int Kept = 64;

    private const int LongestName = 64;

    /// <summary>A name as records may hold it: an identifier in which nothing was found.</summary>
    public static string? Quotable(ReadOnlySpan<char> name, bool isFlagged)
    {
        if (isFlagged || name.Length is 0 or > LongestName) return null;
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-' or '.')) return null;
        }

        return name.ToString();
    }
}
