using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Finds the master key that settings name.</summary>
internal static class KeyAccess
{
    private const string OwnName = "master.key";
    private const string NextName = "master.key.next";

    /// <summary>Replaces the master key: every key of the store is wrapped by the new one, and of an own file the old one is written over.</summary>
    /// <param name="options">Where the key in force comes from, and the key store.</param>
    /// <param name="source">Where the new one comes from; <see langword="null"/> makes one in the place of an own file.</param>
    /// <returns>How many keys of subjects were wrapped anew.</returns>
    /// <exception cref="ConfigurationException">A gateway has the store open, or the new key has no place.</exception>
    public static int Rotate(AuditOptions options, string? source)
    {
        if (JournalOwnership.IsTaken(options.Directory))
            throw new ConfigurationException($"A gateway that has the journal in {options.Directory} open uses the keys. Stop it, rotate, and start it with the new master key.");
        var old = Master(options, mayMint: false);
        if (source is not null) return KeyStore.Rewrap(options.KeysDirectory, old, MasterKey.Load(source));
        var own = Path.Combine(options.KeysDirectory, OwnName);
        if (options.MasterKey is { Length: > 0 } || !File.Exists(own))
            throw new ConfigurationException("The master key is kept elsewhere: name the new one with --new-master-key (file:PATH, env:NAME or command:PROGRAM), and set Gateway:Audit:MasterKey to it afterwards.");

        // The new key is durable before anything depends on it; an interruption finds it again.
        var next = Path.Combine(options.KeysDirectory, NextName);
        var count = KeyStore.Rewrap(options.KeysDirectory, old, File.Exists(next) ? MasterKey.Load("file:" + next) : MasterKey.Mint(next));
        File.Move(next, own, overwrite: true);
        return count;
    }

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
