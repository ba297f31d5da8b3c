using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tenants;

/// <summary>Every tenant of an epoch with its keys. Immutable.</summary>
internal sealed class TenantBook
{
    /// <summary>There are no tenants: nobody is asked for a key.</summary>
    public static TenantBook None { get; } = new([], new Dictionary<string, (Tenant, ClientKey)>(), null, "none");

    private readonly FrozenDictionary<string, Tenant> _tenants;
    private readonly FrozenDictionary<string, (Tenant Tenant, ClientKey Key)> _keys;
    private readonly byte[]? _pepper;

    public TenantBook(IEnumerable<Tenant> tenants, IReadOnlyDictionary<string, (Tenant Tenant, ClientKey Key)> keys, byte[]? pepper, string version)
    {
        _tenants = tenants.ToFrozenDictionary(tenant => tenant.Name, StringComparer.Ordinal);
        _keys = keys.ToFrozenDictionary(StringComparer.Ordinal);
        (_pepper, Version) = (pepper, version);
    }

    /// <summary>Clients must show a key or a token.</summary>
    public bool IsConfigured => _tenants.Count > 0;

    /// <summary>A hash of the files; <c>none</c> without any.</summary>
    public string Version { get; }

    public IEnumerable<Tenant> Tenants => _tenants.Values;

    public Tenant? Find(string name) => _tenants.GetValueOrDefault(name);

    /// <summary>Whose key it is. Keys are found by their hash, so the time it takes tells nothing of a key.</summary>
    public (Tenant Tenant, ClientKey Key)? OwnerOf(string presented)
    {
        var bytes = Encoding.UTF8.GetBytes(presented);
        if (_keys.TryGetValue(HashOf(bytes, null), out var owner)) return owner;
        return _pepper is not null && _keys.TryGetValue(HashOf(bytes, _pepper), out owner) ? owner : null;
    }

    /// <summary>The keys of a tenant.</summary>
    public IEnumerable<ClientKey> KeysOf(Tenant tenant) => _keys.Values.Where(pair => pair.Tenant == tenant).Select(pair => pair.Key).OrderBy(key => key.Id, StringComparer.Ordinal);

    /// <summary>A key of a tenant by its name, for explanations.</summary>
    public (Tenant Tenant, ClientKey Key)? KeyNamed(string id)
    {
        foreach (var pair in _keys.Values)
        {
            if (pair.Key.Id == id) return pair;
        }

        return null;
    }

    /// <summary>As a file writes it.</summary>
    public static string HashOf(ReadOnlySpan<byte> key, byte[]? pepper) => pepper is null
        ? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(key))
        : "hmac-sha256:" + Convert.ToHexStringLower(HMACSHA256.HashData(pepper, key));
}
