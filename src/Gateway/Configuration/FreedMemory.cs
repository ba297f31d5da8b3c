using System.Runtime.InteropServices;

namespace Gateway.Configuration;

/// <summary>
/// Gives memory of models that are gone back to the system. The C library keeps what the native library frees, apart for each thread that loaded a
/// model, and the collector keeps the bytes that a model was read from: without this, a dozen reloads take what a dozen models take.
/// </summary>
internal static class FreedMemory
{
    /// <summary>Gives back what is free. Costs milliseconds: for once in a reload, not for a request.</summary>
    public static void GiveBack()
    {
        // Beside the traffic: nobody waits for the collection.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, which keeps nothing in that way.
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nint keep);
}
