using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit.Journal;

/// <summary>
/// Makes a file's bytes durable without its times, which no entry depends on. The class library has only the call that
/// does both, hence one call of the C library where there is one.
/// </summary>
internal static class DataFlush
{
    /// <summary>Makes what was written durable; the file's size must be durable already.</summary>
    /// <exception cref="IOException">The disk failed; what is durable is not known.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(file);
        else if (FdataSync(file) != 0) throw new IOException($"{path} could not be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FdataSync(SafeFileHandle descriptor);
}
