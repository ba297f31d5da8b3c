using System.Buffers;

namespace Gateway.Audit.Journal;

/// <summary>What an exchange id may look like: it is searched for in raw bytes, so it must never need escaping in JSON.</summary>
internal static class ExchangeIds
{
    /// <summary>Longest id.</summary>
    public const int MaxLength = 128;

    /// <summary>The characters an id is made of.</summary>
    public static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    /// <summary>Whether a text can be an id.</summary>
    public static bool IsValid(string? id) =>
        id is { Length: > 0 and <= MaxLength } && id.AsSpan().IndexOfAnyExcept(Characters) < 0;
}
