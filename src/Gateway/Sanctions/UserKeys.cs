using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration;
using Gateway.Tenants;

namespace Gateway.Sanctions;

/// <summary>Stands for tenants, users and turns outside this process: keyed hashes, the same on every node that shares the secret.</summary>
internal sealed class UserKeys(GatewayOptions options, TimeProvider clock)
{
    private const int Length = 16;

    private readonly byte[] _secret = HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(options.Sanctions.Secret is { } place ? SecretSource.Of("Gateway:Sanctions:Secret", place, clock).Value : "gateway"),
        SHA256.HashSizeInBytes,
        info: "gateway users 1"u8.ToArray());

    public string OfTenant(string? tenant) => Hash("tenant", tenant ?? "", "");

    public string OfUser(string? tenant, string user) => Hash("user", tenant ?? "", user);

    /// <summary>Whether a text may be one of these hashes.</summary>
    public static bool IsKey(string text) => text.Length == 2 * Length && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A turn of a user: nobody can tell from it that two users said the same.</summary>
    public string OfTurn(string userKey, string text) => Hash("turn", userKey, text);

    private string Hash(string kind, string first, string second)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{kind}\0{first}\0{second}"), hash);
        return Convert.ToHexStringLower(hash[..Length]);
    }
}
