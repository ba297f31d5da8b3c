using System.Security.Cryptography;

namespace Gateway.Labels;

/// <summary>HMAC-SHA256: whoever can check a label can also make one.</summary>
internal sealed class HmacLabelCode(string keyId, byte[] key) : LabelCode(Name, keyId)
{
    public const string Name = "hs256";

    protected override byte[] Sign(byte[] statement) => HMACSHA256.HashData(key, statement);

    protected override bool Verify(byte[] statement, byte[] code) => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, statement), code);
}
