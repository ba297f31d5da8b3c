using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit.Keys;

/// <summary>
/// The key of one person (or of a month of exchanges whose person is not known). Everything about the person that could
/// be read or recognised without them is made with it: pseudonym, digests, evidence. Destroying it leaves nothing to read.
/// </summary>
public sealed class SubjectKey
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private const int KeptHashes = 8;

    private readonly byte[] _digestKey;
    private readonly IncrementalHash?[] _hashes = new IncrementalHash?[KeptHashes];
    private readonly byte[] _textKey;

    internal SubjectKey(byte[] key, string pseudonym, int slot, string sealedSlot)
    {
        _digestKey = HKDF.Expand(HashAlgorithmName.SHA256, key, MasterKey.Length, "gateway digest 1"u8.ToArray());
        _textKey = HKDF.Expand(HashAlgorithmName.SHA256, key, MasterKey.Length, "gateway text 1"u8.ToArray());
        Pseudonym = pseudonym;
        Slot = slot;
        SealedSlot = sealedSlot;
    }

    /// <summary>What stands for the person in records: <c>u_</c> and 32 hex digits.</summary>
    public string Pseudonym { get; }

    /// <summary>Its place in the store's file.</summary>
    internal int Slot { get; }

    /// <summary>The bytes of that place when the key was read; others there mean that the key is gone.</summary>
    internal string SealedSlot { get; }

    /// <summary>A digest that only holders of the key can make or compare: HMAC-SHA256, 64 hex digits.</summary>
    /// <param name="text">The text; hashed as UTF-8.</param>
    public string Digest(ReadOnlySpan<char> text)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var bytes = rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented));
        try
        {
            return Digest(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The same of text that is UTF-8 already.</summary>
    /// <param name="utf8">The text's bytes.</param>
    public string Digest(ReadOnlySpan<byte> utf8)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        // One that is set up already costs half of the library's single call.
        ref var place = ref _hashes[Thread.GetCurrentProcessorId() % KeptHashes];
        var hash = Interlocked.Exchange(ref place, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _digestKey);
        hash.AppendData(utf8);
        hash.GetHashAndReset(digest);
        Interlocked.Exchange(ref place, hash)?.Dispose();
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>Encrypts: nonce, ciphertext, tag (AES-256-GCM).</summary>
    /// <param name="plain">What to hide.</param>
    /// <param name="context">Where it belongs; it opens nowhere else.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> plain, string context)
    {
        var sealedBytes = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceLength));
        using var cipher = new AesGcm(_textKey, TagLength);
        cipher.Encrypt(
            sealedBytes.AsSpan(0, NonceLength), plain, sealedBytes.AsSpan(NonceLength, plain.Length), sealedBytes.AsSpan(NonceLength + plain.Length),
            Encoding.UTF8.GetBytes(context));
        return sealedBytes;
    }

    /// <summary>Decrypts.</summary>
    /// <param name="sealedBytes">What <see cref="Encrypt"/> made.</param>
    /// <param name="context">The same as then.</param>
    /// <returns><see langword="null"/> if it was made with another key, for another place, or was altered.</returns>
    public byte[]? Decrypt(ReadOnlySpan<byte> sealedBytes, string context)
    {
        if (sealedBytes.Length < NonceLength + TagLength) return null;
        var plain = new byte[sealedBytes.Length - NonceLength - TagLength];
        using var cipher = new AesGcm(_textKey, TagLength);
        try
        {
            cipher.Decrypt(
                sealedBytes[..NonceLength], sealedBytes[NonceLength..^TagLength], sealedBytes[^TagLength..], plain, Encoding.UTF8.GetBytes(context));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>What stands for a subject under a key.</summary>
    internal static string PseudonymOf(ReadOnlySpan<byte> key, string subject)
    {
        var name = Encoding.UTF8.GetBytes(subject);
        var data = new byte[sizeof(int) + name.Length];
        BinaryPrimitives.WriteInt32BigEndian(data, name.Length);
        name.CopyTo(data.AsSpan(sizeof(int)));
        var pseudonymKey = HKDF.Expand(HashAlgorithmName.SHA256, key.ToArray(), MasterKey.Length, "gateway pseudonym 1"u8.ToArray());
        return "u_" + Convert.ToHexStringLower(HMACSHA256.HashData(pseudonymKey, data).AsSpan(0, 16));
    }
}
