using System.Security.Cryptography;
using Gateway.Audit.Records;

namespace Gateway.Audit.Seals;

/// <summary>
/// The public keys a verifier believes: those it was given, and those that a believed one has endorsed. Without any it
/// takes the first key it meets, and what is proven says so.
/// </summary>
public sealed class SealKeyRing : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

    /// <summary>A ring that holds nothing yet.</summary>
    public SealKeyRing()
    {
    }

    /// <summary>A ring with keys from PEM files.</summary>
    /// <param name="files">Files that hold a public key each.</param>
    /// <exception cref="AuditFormatException">A file holds no P-256 public key.</exception>
    public SealKeyRing(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var file in files)
        {
            var key = ECDsa.Create();
            try
            {
                key.ImportFromPem(File.ReadAllText(file));
                _keys[SealingKey.IdOf(key.ExportSubjectPublicKeyInfo())] = key;
                IsGiven = true;
            }
            catch (Exception exception) when (exception is ArgumentException or CryptographicException or IOException)
            {
                key.Dispose();
                throw new AuditFormatException($"{file} holds no public key in PEM: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Whether at least one key was given from outside the records.</summary>
    public bool IsGiven { get; }

    /// <summary>Ids of the keys it believes.</summary>
    public IReadOnlyCollection<string> Ids => _keys.Keys;

    /// <summary>Takes in a key that a seal or manifest carries, if it may be believed.</summary>
    public void Offer(string? publicKey, string? endorsement)
    {
        if (publicKey is null || !TryImport(publicKey, out var bytes, out var key)) return;
        var id = SealingKey.IdOf(bytes);
        var isFirst = !IsGiven && _keys.Count == 0;
        if (!_keys.ContainsKey(id) && (isFirst || (endorsement is not null && _keys.Values.Any(known => Verifies(known, bytes, endorsement))))) _keys[id] = key;
        else key.Dispose();
    }

    /// <summary>Checks a signature.</summary>
    /// <param name="keyId">The key that is said to have signed.</param>
    /// <param name="statement">What was signed.</param>
    /// <param name="signature">DER, base64.</param>
    /// <returns><see langword="null"/> when the key is not believed.</returns>
    public bool? Verify(string keyId, byte[] statement, string signature) =>
        _keys.TryGetValue(keyId, out var key) ? Verifies(key, statement, signature) : null;

    /// <summary>Checks a seal; takes in the key it brings first.</summary>
    public bool? Verify(SealEntry seal, string instance)
    {
        ArgumentNullException.ThrowIfNull(seal);
        Offer(seal.PublicKey, seal.Endorsement);
        return Verify(seal.KeyId, seal.Statement(instance), seal.Signature);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _keys.Values) key.Dispose();
    }

    private static bool TryImport(string publicKey, out byte[] bytes, out ECDsa key)
    {
        bytes = [];
        key = ECDsa.Create();
        try
        {
            bytes = Convert.FromBase64String(publicKey);
            key.ImportSubjectPublicKeyInfo(bytes, out _);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            key.Dispose();
            return false;
        }
    }

    private static bool Verifies(ECDsa key, byte[] statement, string signature)
    {
        try
        {
            return key.VerifyData(statement, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
