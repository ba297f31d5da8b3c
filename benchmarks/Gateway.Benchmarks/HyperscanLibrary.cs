using System.Runtime.InteropServices;

namespace Gateway.Benchmarks;

/// <summary>The calls of libhyperscan5 that the benchmark needs (Debian's package of that name; eng/bench installs it).</summary>
internal static unsafe partial class HyperscanLibrary
{
    public const uint BlockMode = 1;

    private const string Library = "libhs.so.5";

    [LibraryImport(Library, EntryPoint = "hs_compile_lit_multi")]
    public static partial int CompileLiterals(
        byte** expressions, uint* flags, uint* ids, nuint* lengths, uint count, uint mode, nint platform, out nint database, out CompileError* error);

    [LibraryImport(Library, EntryPoint = "hs_alloc_scratch")]
    public static partial int AllocateScratch(nint database, ref nint scratch);

    [LibraryImport(Library, EntryPoint = "hs_scan")]
    public static partial int Scan(
        nint database, byte* data, uint length, uint flags, nint scratch, delegate* unmanaged<uint, ulong, ulong, uint, void*, int> onMatch, void* context);

    [LibraryImport(Library, EntryPoint = "hs_database_size")]
    public static partial int DatabaseSize(nint database, out nuint size);

    [LibraryImport(Library, EntryPoint = "hs_scratch_size")]
    public static partial int ScratchSize(nint scratch, out nuint size);

    [LibraryImport(Library, EntryPoint = "hs_free_database")]
    public static partial int FreeDatabase(nint database);

    [LibraryImport(Library, EntryPoint = "hs_free_scratch")]
    public static partial int FreeScratch(nint scratch);

    [StructLayout(LayoutKind.Sequential)]
    public struct CompileError
    {
        public byte* Message;
        public int Expression;
    }
}
