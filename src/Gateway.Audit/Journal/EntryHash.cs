using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit.Journal;

/// <summary>SHA-256 as 64 lower-case hex digits in ASCII: the only form of hash in the journal.</summary>
internal static class EntryHash
{
    /// <summary>Length of a hash, bytes.</summary>
    public const int Length = 64;

    /// <summary>Hashes <paramref name="data"/> into the first 64 bytes of <paramref name="hex"/>.</summary>
    public static void Write(ReadOnlySpan<byte> data, Span<byte> hex)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, digest);
        Convert.TryToHexStringLower(digest, hex, out _);
    }

    /// <summary>The hash the first entry links to: that of the instance id's text.</summary>
    public static byte[] OfInstance(string instance)
    {
        var hex = new byte[Length];
        Write(Encoding.UTF8.GetBytes(instance), hex);
        return hex;
    }
}
