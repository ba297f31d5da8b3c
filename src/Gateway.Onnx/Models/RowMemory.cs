using System.Runtime.InteropServices;

namespace Gateway.Onnx.Models;

/// <summary>
/// Native memory for a table whose rows are read at random. It begins and ends with a large page of the system and asks for such pages: with small ones
/// each row costs a walk through the page table beside its own way from memory (the benchmarks "classifier" and "load" pay for it). Given back by the finalizer, so
/// that no reader can outlive it.
/// </summary>
internal sealed unsafe class RowMemory
{
    private const nuint LargePage = 2 << 20;
    private const int AdviseHugePages = 14;
    private readonly nuint _length;
    private readonly byte* _start;

    public RowMemory(long length)
    {
        _length = ((nuint)length + LargePage - 1) / LargePage * LargePage;
        _start = (byte*)NativeMemory.AlignedAlloc(_length, LargePage);
        GC.AddMemoryPressure((long)_length);
        // A system that has no such pages, or keeps them to itself, serves small ones.
        if (OperatingSystem.IsLinux()) _ = Advise(_start, _length, AdviseHugePages);
        NativeMemory.Clear(_start, _length);
    }

    ~RowMemory()
    {
        NativeMemory.AlignedFree(_start);
        GC.RemoveMemoryPressure((long)_length);
    }

    /// <summary>Its first byte, at the beginning of a page. Valid as long as this object is reachable.</summary>
    public sbyte* Start => (sbyte*)_start;

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(void* start, nuint length, int advice);
}
