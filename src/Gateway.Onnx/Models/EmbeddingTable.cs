using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Gateway.Onnx.Features;

namespace Gateway.Onnx.Models;

/// <summary>
/// The table of a model of hashed n-grams, whose rows are summed here and not by the graph: the native library copies each row, makes real numbers of it and
/// multiplies matrices, several times the work of adding small integers, and waits for memory row by row. The sums are whole numbers, so both ways agree
/// to the last bit. Safe for several threads.
/// </summary>
internal sealed unsafe class EmbeddingTable
{
    /// <summary>Bytes that are added at once. A row begins at a multiple of it, so that it lies in one line of the cache.</summary>
    private const int Block = 32;

    /// <summary>Rows of which sums of 16 bits cannot overflow: 256 × 127 is below 32,768.</summary>
    private const int RowsOf16Bits = 256;

    /// <summary>How many rows ahead are fetched: about as many as a core can wait for at a time.</summary>
    private const int Ahead = 24;

    private readonly NgramSettings _settings;
    private readonly RowMemory _memory;
    private readonly long _rows;
    private readonly int _stride;
    private readonly int _width;

    private EmbeddingTable(ReadOnlySpan<byte> rows, int columns, int width, NgramSettings settings)
    {
        _settings = settings;
        _width = width;
        _stride = (columns + Block - 1) / Block * Block;
        _rows = rows.Length / columns;
        _memory = new RowMemory(_rows * _stride);
        for (var row = 0; row < _rows; row++) rows.Slice(row * columns, columns).CopyTo(new Span<byte>(_memory.Start + ((long)row * _stride), columns));
    }

    /// <summary>Columns of a sum: the table's, then with finer ids evidence and its size.</summary>
    public int SumWidth => _width + (_settings.LinearBits > 0 ? 2 : 0);

    /// <summary>Reads the table out of a model file.</summary>
    /// <exception cref="InvalidDataException">The file has no such table, or one that does not fit the settings.</exception>
    public static EmbeddingTable Read(ReadOnlySpan<byte> model, string constant, NgramSettings settings)
    {
        var table = GraphCut.Int8Constant(model, constant, out var rows, out var columns);
        var pairs = settings.LinearBits > 0 ? 2 << settings.LinearBits : 0;
        if (rows != settings.Buckets + 1 || columns <= pairs)
            throw new InvalidDataException($"its constant \"{constant}\" has the shape [{rows}, {columns}]: it must be [input.ngrams.buckets + 1, more than {pairs}]");
        return new EmbeddingTable(table, (int)columns, (int)columns - pairs, settings);
    }

    /// <summary>Sums ids row by row: <see cref="NgramSettings.RowIds"/> ids are a row, the last may be shorter.</summary>
    /// <param name="ids">Ids; a repetition is negative, and padding 0.</param>
    /// <param name="sums">[rows, <see cref="SumWidth"/>].</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is higher than the settings allow.</exception>
    public void Sum(ReadOnlySpan<int> ids, Span<float> sums)
    {
        Span<int> row = stackalloc int[_stride];
        for (var (first, width) = (0, SumWidth); first < ids.Length; sums = sums[width..])
        {
            var end = Math.Min(first + _settings.RowIds, ids.Length);
            row.Clear();
            var (evidence, size) = (0, 0);
            for (; first < end; first = Math.Min(first + RowsOf16Bits, end))
            {
                for (var block = 0; block < _stride; block += Block) AddBlock(ids, first, Math.Min(first + RowsOf16Bits, end), block, row[block..], ref evidence, ref size);
            }

            for (var i = 0; i < _width; i++) sums[i] = row[i];
            if (width > _width) (sums[_width], sums[_width + 1]) = (evidence, size);
        }

        GC.KeepAlive(_memory);
    }

    private void AddBlock(ReadOnlySpan<int> ids, int first, int end, int block, Span<int> sums, ref int evidence, ref int size)
    {
        var table = _memory.Start;
        var (bits, stride, rows) = (_settings.LinearBits, (long)_stride, _rows);
        var finer = (1 << bits) - 1;
        var pairs = bits > 0 && block == 0 ? _width : -1;
        var (low, high) = (Vector256<short>.Zero, Vector256<short>.Zero);
        for (var i = first; i < end; i++)
        {
            // 1. Rows that are soon needed come from memory meanwhile.
            if (Sse.IsSupported && block == 0 && i + Ahead < ids.Length) Sse.Prefetch0(table + (Bucket(ids[i + Ahead]) * stride));

            // 2. The row itself.
            var id = ids[i];
            var bucket = Bucket(id);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, rows);
            var row = table + (bucket * stride);
            var bytes = Vector256.Load(row + block);
            low += Vector256.WidenLower(bytes);
            high += Vector256.WidenUpper(bytes);

            // 3. Which of its pairs an id means is told by the lowest bits; repetitions and padding mean none.
            if (pairs < 0 || id <= 0) continue;
            var pair = row + pairs + (2 * ((id - 1) & finer));
            evidence += pair[0];
            size += pair[1];
        }

        for (var i = 0; i < Block / 2; i++)
        {
            sums[i] += low[i];
            sums[(Block / 2) + i] += high[i];
        }

        // Unsigned, so that one comparison tells what lies outside the table.
        long Bucket(int id) => (uint)(Math.Abs(id) + finer) >> bits;
    }
}
