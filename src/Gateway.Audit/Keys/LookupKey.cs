using System.Text;

namespace Gateway.Audit.Keys;

/// <summary>
/// The key of the digests by which subjects are found in the store. The first master key yields it; once that is replaced, it lies
/// in a file of its own, wrapped by the master key in force, for nobody could make the digests of all subjects anew.
/// </summary>
internal static class LookupKey
{
    private const string FileName = "lookup.key";
    private const string Context = "lookup";

    /// <summary>The key of a store.</summary>
    /// <exception cref="KeyStoreException">It was wrapped by another master key.</exception>
    public static byte[] Of(string directory, MasterKey master) => TryRead(directory, master)
        ?? throw new KeyStoreException($"The keys in {directory} were wrapped by another master key, or were altered. Give the master key they were made with, or go on with a rotation that was interrupted.");

    /// <summary>Whether the key lies in a file of its own: the master key was replaced once, or its replacement was begun.</summary>
    public static bool IsKept(string directory) => File.Exists(PathOf(directory));

    /// <summary>Wraps the key of a store by a new master key.</summary>
    public static void Rewrap(string directory, MasterKey old, MasterKey next)
    {
        if (File.Exists(PathOf(directory)) && TryRead(directory, next) is not null) return;
        var path = PathOf(directory);
        var wrapped = KeyWrap.Wrap(next.Derive(KeyStore.WrapPurpose), Of(directory, old), Context);
        File.Delete(path + ".new");
        PrivateFile.Write(path + ".new", Encoding.ASCII.GetBytes(Convert.ToBase64String(wrapped) + "\n"));
        File.Move(path + ".new", path, overwrite: true);
        Journal.DirectoryFlush.Flush(directory);
    }

    private static byte[]? TryRead(string directory, MasterKey master)
    {
        var path = PathOf(directory);
        if (!File.Exists(path)) return master.Derive("gateway lookup 1");
        try
        {
            return KeyWrap.Unwrap(master.Derive(KeyStore.WrapPurpose), Convert.FromBase64String(File.ReadAllText(path).Trim()), Context);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string PathOf(string directory) => Path.Combine(directory, FileName);
}
