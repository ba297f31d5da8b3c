using System.Security.Cryptography;
using System.Text;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;

namespace Gateway.Audit.Seals;

/// <summary>The private key that signs seals and manifests, encrypted on disk under the master key.</summary>
public sealed class SealingKey : IDisposable
{
    private const string CurrentName = "seal.current";

    /// <summary>The password is a key of 32 random bytes: more rounds would add nothing.</summary>
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private readonly ECDsa _key;

    private SealingKey(ECDsa key, DateTimeOffset since, string? endorsement)
    {
        _key = key;
        Since = since;
        Endorsement = endorsement;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        Id = IdOf(PublicKey);
    }

    /// <summary>First 16 hex digits of SHA-256 over the public key.</summary>
    public string Id { get; }

    /// <summary>The public key, DER.</summary>
    public byte[] PublicKey { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>The signature of the key it replaced over <see cref="PublicKey"/>, base64; <see langword="null"/> for the first.</summary>
    public string? Endorsement { get; }

    /// <summary>Opens the key in use; the first is made where there is none.</summary>
    /// <param name="directory">The key store's directory.</param>
    /// <param name="master">What encrypts it.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    /// <exception cref="KeyStoreException">It cannot be read or written.</exception>
    public static SealingKey OpenOrMint(string directory, MasterKey master, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(master);
        return Guarded(directory, () =>
        {
            var current = Path.Combine(directory, CurrentName);
            if (!File.Exists(current)) Mint(directory, master, null, time ?? TimeProvider.System);
            return Read(directory, File.ReadAllText(current).Trim(), master);
        });
    }

    /// <summary>Id of the key in use: another process may have replaced it.</summary>
    public static string? CurrentId(string directory)
    {
        var current = Path.Combine(directory, CurrentName);
        return File.Exists(current) ? File.ReadAllText(current).Trim() : null;
    }

    /// <summary>Replaces the key: the old one endorses the new one and its private half is destroyed.</summary>
    public static SealingKey Rotate(string directory, MasterKey master, TimeProvider? time = null)
    {
        using var old = OpenOrMint(directory, master, time);
        return Guarded(directory, () =>
        {
            Mint(directory, master, old, time ?? TimeProvider.System);
            File.Delete(PrivatePath(directory, old.Id));
            return Read(directory, CurrentId(directory)!, master);
        });
    }

    /// <summary>Encrypts the private keys of a key store with a new master key; those that are already so stay as they are.</summary>
    /// <exception cref="KeyStoreException">A key was encrypted with neither.</exception>
    public static void Reencrypt(string directory, MasterKey old, MasterKey next)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(next);
        foreach (var path in Directory.EnumerateFiles(directory, "seal-*.key.pem").ToList())
        {
            var id = Path.GetFileName(path)["seal-".Length..^".key.pem".Length];
            if (CanRead(directory, id, next)) continue;
            using var key = Read(directory, id, old);
            File.Delete(path + ".new");
            PrivateFile.Write(path + ".new", Encoding.ASCII.GetBytes(key._key.ExportEncryptedPkcs8PrivateKeyPem(Password(next), Encryption) + "\n"));
            File.Move(path + ".new", path, overwrite: true);
            Journal.DirectoryFlush.Flush(directory);
        }
    }

    /// <summary>Signs: ECDSA P-256 with SHA-256, DER, base64.</summary>
    public string Sign(ReadOnlySpan<byte> statement) =>
        Convert.ToBase64String(_key.SignData(statement.ToArray(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    /// <summary>The entry with its signature.</summary>
    internal SealEntry Sign(SealEntry seal, string instance) => seal with { Signature = Sign(seal.Statement(instance)) };

    /// <summary>Id of a public key.</summary>
    public static string IdOf(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static void Mint(string directory, MasterKey master, SealingKey? old, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var id = IdOf(publicKey);
        PrivateFile.Write(PrivatePath(directory, id), Encoding.ASCII.GetBytes(key.ExportEncryptedPkcs8PrivateKeyPem(Password(master), Encryption) + "\n"));
        var about = $"{time.GetUtcNow().UtcDateTime:O}\n{old?.Sign(publicKey)}\n";
        PrivateFile.Write(AboutPath(directory, id), Encoding.ASCII.GetBytes(about));
        File.WriteAllText(PublicPath(directory, id), key.ExportSubjectPublicKeyInfoPem() + "\n");
        var current = Path.Combine(directory, CurrentName);
        File.WriteAllText(current + ".new", id + "\n");
        File.Move(current + ".new", current, overwrite: true);
        Journal.DirectoryFlush.Flush(directory);
    }

    private static bool CanRead(string directory, string id, MasterKey master)
    {
        try
        {
            Read(directory, id, master).Dispose();
            return true;
        }
        catch (KeyStoreException)
        {
            return false;
        }
    }

    private static SealingKey Read(string directory, string id, MasterKey master)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromEncryptedPem(File.ReadAllText(PrivatePath(directory, id)), Password(master));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new KeyStoreException($"The sealing key {id} in {directory} was encrypted under another master key, or was altered.", exception);
        }

        var about = File.ReadAllLines(AboutPath(directory, id));
        var since = DateTimeOffset.Parse(about[0], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);
        return new SealingKey(key, since, about.Length > 1 && about[1].Length > 0 ? about[1] : null);
    }

    private static string Password(MasterKey master) => Convert.ToHexStringLower(master.Derive("gateway seal 1"));

    private static string PrivatePath(string directory, string id) => Path.Combine(directory, $"seal-{id}.key.pem");

    private static string PublicPath(string directory, string id) => Path.Combine(directory, $"seal-{id}.pub.pem");

    private static string AboutPath(string directory, string id) => Path.Combine(directory, $"seal-{id}.about");

    private static SealingKey Guarded(string directory, Func<SealingKey> work)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"The sealing key in {directory} cannot be read or written: {exception.Message}", exception);
        }
    }
}
