using System.Security.Cryptography;
using System.Text;
using Gateway.Audit.Keys;

namespace Gateway.Labels;

/// <summary>
/// The keys that protect labels, in the key store. A keyed code's key follows from master key and key id, so that labels made before a
/// rotation stay verifiable; a signature's private key is encrypted under the master key and its public half lies beside it.
/// </summary>
internal sealed class LabelKeys
{
    private const string CurrentName = "label.current";

    private readonly string _directory;
    private readonly MasterKey? _master;
    private readonly Dictionary<string, ECDsa> _public = new(StringComparer.Ordinal);

    /// <param name="directory">The key store's directory.</param>
    /// <param name="master">The master key; <see langword="null"/> where only public keys are at hand.</param>
    public LabelKeys(string directory, MasterKey? master) => (_directory, _master) = (directory, master);

    /// <summary>Takes a public key from a PEM file, so that signatures can be checked without the key store.</summary>
    public void Trust(string path)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        _public[IdOf(key)] = key;
    }

    /// <summary>The key in use; the first is made where there is none.</summary>
    /// <param name="algorithm"><c>hs256</c> or <c>es256</c>.</param>
    /// <exception cref="KeyStoreException">It cannot be read or written.</exception>
    public LabelCode OpenOrMint(string algorithm)
    {
        try
        {
            Directory.CreateDirectory(_directory);
            var current = Path.Combine(_directory, CurrentName);
            var name = File.Exists(current) ? File.ReadAllText(current).Trim() : "";
            return name.StartsWith(algorithm + ".", StringComparison.Ordinal) ? Find(algorithm, name[(algorithm.Length + 1)..])! : Rotate(algorithm);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new KeyStoreException($"The key of labels in {_directory} cannot be read or written: {fault.Message}", fault);
        }
    }

    /// <summary>Puts a new key in use. Labels made with the old ones stay verifiable.</summary>
    public LabelCode Rotate(string algorithm)
    {
        string id;
        if (algorithm == EcdsaLabelCode.Name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            id = IdOf(key);
            var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
            PrivateFile.Write(PrivatePath(id), Encoding.ASCII.GetBytes(key.ExportEncryptedPkcs8PrivateKeyPem(Password(), encryption) + "\n"));
            File.WriteAllText(PublicPath(id), key.ExportSubjectPublicKeyInfoPem() + "\n");
        }
        else
        {
            id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        }

        var current = Path.Combine(_directory, CurrentName);
        File.WriteAllText(current + ".new", $"{algorithm}.{id}\n");
        File.Move(current + ".new", current, overwrite: true);
        return Find(algorithm, id)!;
    }

    /// <summary>The key that a code names; <see langword="null"/> where it is not here.</summary>
    public LabelCode? Find(string algorithm, string id)
    {
        if (id.Length is 0 or > 64 || !id.All(char.IsAsciiHexDigitLower)) return null;
        if (algorithm == HmacLabelCode.Name) return _master is null ? null : new HmacLabelCode(id, _master.Derive("gateway label 1 " + id));
        if (algorithm != EcdsaLabelCode.Name) return null;
        if (_public.TryGetValue(id, out var known)) return new EcdsaLabelCode(id, known);
        var key = ECDsa.Create();
        if (_master is not null && File.Exists(PrivatePath(id))) key.ImportFromEncryptedPem(File.ReadAllText(PrivatePath(id)), Password());
        else if (File.Exists(PublicPath(id))) key.ImportFromPem(File.ReadAllText(PublicPath(id)));
        else return null;
        return new EcdsaLabelCode(id, key);
    }

    private string Password() => Convert.ToHexStringLower(_master!.Derive("gateway label 1"));

    private string PrivatePath(string id) => Path.Combine(_directory, $"label-{id}.key.pem");

    private string PublicPath(string id) => Path.Combine(_directory, $"label-{id}.pub.pem");

    private static string IdOf(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16];
}
