using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>Hyperscan in block mode over UTF-8: literals, case-sensitive, all matches, counted in its callback.</summary>
internal sealed unsafe class HyperscanEngine : MatchEngine
{
    private readonly nint _database;
    private readonly nint _scratch;

    public HyperscanEngine(string[] patterns)
    {
        // One block of bytes, one pointer a pattern.
        byte[][] encoded = [.. patterns.Select(Encoding.UTF8.GetBytes)];
        byte[] bytes = [.. encoded.SelectMany(pattern => pattern)];
        var expressions = new byte*[patterns.Length];
        var (flags, ids, lengths) = (new uint[patterns.Length], new uint[patterns.Length], new nuint[patterns.Length]);
        fixed (byte* text = bytes)
        {
            nuint offset = 0;
            for (int i = 0; i < encoded.Length; i++)
            {
                expressions[i] = text + offset;
                ids[i] = (uint)i;
                lengths[i] = (nuint)encoded[i].Length;
                offset += lengths[i];
            }

            fixed (byte** first = expressions)
            fixed (uint* flag = flags, id = ids)
            fixed (nuint* length = lengths)
            {
                int code = HyperscanLibrary.CompileLiterals(
                    first, flag, id, length, (uint)patterns.Length, HyperscanLibrary.BlockMode, 0, out _database, out var error);
                if (code != 0) throw new InvalidOperationException($"Hyperscan does not compile the patterns: {Marshal.PtrToStringUTF8((nint)error->Message)}");
            }
        }

        Check(HyperscanLibrary.AllocateScratch(_database, ref _scratch));
    }

    public override long NativeSize
    {
        get
        {
            Check(HyperscanLibrary.DatabaseSize(_database, out var database));
            Check(HyperscanLibrary.ScratchSize(_scratch, out var scratch));
            return (long)(database + scratch);
        }
    }

    public override long Scan(Document document)
    {
        long matches = 0;
        Run(document, &CountAll, &matches);
        return matches;
    }

    /// <summary>Adds the number of matches of each pattern.</summary>
    public void CountEach(Document document, long[] counts)
    {
        fixed (long* first = counts) Run(document, &CountById, first);
    }

    public override void Dispose()
    {
        Check(HyperscanLibrary.FreeScratch(_scratch));
        Check(HyperscanLibrary.FreeDatabase(_database));
        base.Dispose();
    }

    [UnmanagedCallersOnly]
    private static int CountAll(uint id, ulong from, ulong to, uint flags, void* context)
    {
        (*(long*)context)++;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CountById(uint id, ulong from, ulong to, uint flags, void* context)
    {
        ((long*)context)[id]++;
        return 0;
    }

    private static void Check(int code, [CallerArgumentExpression(nameof(code))] string call = "")
    {
        if (code != 0) throw new InvalidOperationException($"Hyperscan failed with code {code} in {call}.");
    }

    private void Run(Document document, delegate* unmanaged<uint, ulong, ulong, uint, void*, int> onMatch, void* context)
    {
        fixed (byte* bytes = document.Utf8)
            Check(HyperscanLibrary.Scan(_database, bytes, (uint)document.Utf8.Length, 0, _scratch, onMatch, context));
    }
}
