using System.Text;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Archive;

/// <summary>A file of two lines: JSON, and the signature over the bytes of that line (ECDSA P-256 with SHA-256, DER, base64).</summary>
internal static class SignedLine
{
    /// <summary>The file's bytes.</summary>
    public static byte[] Write(byte[] line, SealingKey key) => [.. line, (byte)'\n', .. Encoding.ASCII.GetBytes(key.Sign(line)), (byte)'\n'];

    /// <summary>Whether both lines are there to their ends.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file) => file is [.., (byte)'\n'] && file.Count((byte)'\n') == 2;

    /// <summary>Takes a file apart; whether the signature is good, a key ring says.</summary>
    /// <exception cref="AuditFormatException">It was cut.</exception>
    public static byte[] Read(ReadOnlySpan<byte> file, string name, out string signature)
    {
        var end = file.IndexOf((byte)'\n');
        if (end < 0) throw new AuditFormatException($"{name} was cut: it has no signature. Restore it from a copy.");
        signature = Encoding.ASCII.GetString(file[(end + 1)..]).TrimEnd('\n');
        return file[..end].ToArray();
    }
}
