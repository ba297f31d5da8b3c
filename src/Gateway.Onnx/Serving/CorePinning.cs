using System.Runtime.InteropServices;

namespace Gateway.Onnx.Serving;

/// <summary>Ties the calling thread to one core, so that the table's hot rows stay in that core's cache. Linux only.</summary>
internal static class CorePinning
{
    private const int MaskBytes = 128;

    /// <summary>Ties the calling thread to the n-th of the cores it may run on; false where that cannot be done.</summary>
    public static bool TryPin(int worker)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var allowed = new byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, allowed) <= 0) return false;
        var cores = Enumerable.Range(0, MaskBytes * 8).Where(core => (allowed[core / 8] >> (core % 8) & 1) != 0).ToArray();
        if (cores.Length == 0) return false;
        var chosen = cores[worker % cores.Length];
        var mask = new byte[MaskBytes];
        mask[chosen / 8] = (byte)(1 << (chosen % 8));
        return SetAffinity(0, MaskBytes, mask) == 0;
    }

    /// <summary>How many cores the calling thread may run on; 0 where that cannot be told.</summary>
    internal static int Allowed()
    {
        var allowed = new byte[MaskBytes];
        return OperatingSystem.IsLinux() && GetAffinity(0, MaskBytes, allowed) > 0 ? allowed.Sum(part => int.PopCount(part)) : 0;
    }

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint size, byte[] mask);

    /// <summary>The wrapper of the C library answers 0, the bare call the bytes written; either is no failure.</summary>
    private static int GetAffinity(int thread, nint size, byte[] mask) => ReadAffinity(thread, size, mask) < 0 ? 0 : 1;

    [DllImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadAffinity(int thread, nint size, byte[] mask);
}
