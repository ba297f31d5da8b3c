using System.Security.Cryptography;

namespace Gateway.Labels;

/// <summary>ECDSA P-256 with SHA-256: anybody who has the public key can check a label.</summary>
internal sealed class EcdsaLabelCode(string keyId, ECDsa key) : LabelCode(Name, keyId), IDisposable
{
    public const string Name = "es256";

    private readonly Lock _using = new();

    public void Dispose() => key.Dispose();

    protected override byte[] Sign(byte[] statement)
    {
        lock (_using) return key.SignData(statement, HashAlgorithmName.SHA256);
    }

    protected override bool Verify(byte[] statement, byte[] code)
    {
        lock (_using) return key.VerifyData(statement, code, HashAlgorithmName.SHA256);
    }
}
