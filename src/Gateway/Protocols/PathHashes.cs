using System.Text;

namespace Gateway.Protocols;

/// <summary>Identities of places in a body (FNV-1a, 64 bits): the same place gives the same number in every event of a stream.</summary>
internal static class PathHashes
{
    public const ulong Seed = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    public static ulong Mix(ulong hash, ReadOnlySpan<byte> name)
    {
        foreach (var b in name) hash = (hash ^ b) * Prime;
        return (hash ^ 0xFF) * Prime;
    }

    public static ulong Mix(ulong hash, int ordinal) => (hash ^ (uint)(ordinal + 0x100)) * Prime;

    /// <summary>Goes on with the characters of a text.</summary>
    public static ulong MixText(ulong hash, ReadOnlySpan<char> text)
    {
        foreach (var character in text) hash = (hash ^ character) * Prime;
        return hash;
    }

    public static ulong OfName(string name) => Mix(Seed, Encoding.UTF8.GetBytes(name));
}
