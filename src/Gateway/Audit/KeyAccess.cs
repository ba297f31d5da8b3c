using Gateway.Audit.Keys;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Finds the master key that settings name.</summary>
internal static class KeyAccess
{
    private const string OwnName = "master.key";

    /// <summary>The master key.</summary>
    /// <param name="options">Where it comes from.</param>
    /// <param name="mayMint">A first one may be made where none is named.</param>
    /// <param name="logger">Told when it lies beside what it protects.</param>
    /// <exception cref="KeyStoreException">It cannot be read, or there is none.</exception>
    public static MasterKey Master(AuditOptions options, bool mayMint, ILogger? logger = null)
    {
        if (options.MasterKey is { Length: > 0 } source) return MasterKey.Load(source);
        var path = Path.Combine(options.KeysDirectory, OwnName);
        if (File.Exists(path)) return MasterKey.Load("file:" + path);
        if (!mayMint) throw new KeyStoreException($"There is no master key in {options.KeysDirectory}. Name the key store with --keys DIR and its master key with --master-key SOURCE.");
        var master = MasterKey.Mint(path);
        logger?.LogWarning(
            "Gateway:Audit:MasterKey is not set: a master key was made in {Path}. Whoever copies that directory can read all evidence; name a source outside it (file:, env: or command:)",
            path);
        return master;
    }
}
