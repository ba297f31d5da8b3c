using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit.Keys;

/// <summary>A key wrapped by another: nonce, ciphertext, tag (AES-256-GCM).</summary>
internal static class KeyWrap
{
    private const int Nonce = 12;
    private const int Tag = 16;

    /// <summary>Wraps a key.</summary>
    /// <param name="by">What wraps.</param>
    /// <param name="key">What is wrapped.</param>
    /// <param name="context">Where it belongs; it opens nowhere else.</param>
    public static byte[] Wrap(byte[] by, byte[] key, string context)
    {
        var wrapped = new byte[Nonce + key.Length + Tag];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, Nonce));
        using var cipher = new AesGcm(by, Tag);
        cipher.Encrypt(wrapped.AsSpan(0, Nonce), key, wrapped.AsSpan(Nonce, key.Length), wrapped.AsSpan(Nonce + key.Length), Encoding.ASCII.GetBytes(context));
        return wrapped;
    }

    /// <summary>Unwraps a key.</summary>
    /// <returns><see langword="null"/> if another key wrapped it, it belongs elsewhere, or it was altered.</returns>
    public static byte[]? Unwrap(byte[] by, byte[] wrapped, string context)
    {
        if (wrapped.Length < Nonce + Tag) return null;
        var key = new byte[wrapped.Length - Nonce - Tag];
        using var cipher = new AesGcm(by, Tag);
        try
        {
            cipher.Decrypt(wrapped.AsSpan(0, Nonce), wrapped.AsSpan(Nonce, key.Length), wrapped.AsSpan(Nonce + key.Length), key, Encoding.ASCII.GetBytes(context));
            return key;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
