using System.Runtime.CompilerServices;

namespace Gateway.Onnx.Features;

/// <summary>
/// The ids of one text (negative: a repetition), cut into rows, with the place in the folded text where each row begins. Reused from text to text
/// by one thread.
/// </summary>
internal sealed class NgramIds(int rowIds, int repeatIds = 0)
{
    private readonly RepeatedIds? _repeated = repeatIds > 0 ? new RepeatedIds(repeatIds) : null;
    private int[] _ids = new int[rowIds * 16];
    private int[] _rowStarts = new int[16];
    private int _nextRow; // number of ids at which the next row begins: a division for each id would cost as much as hashing it

    /// <summary>Ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Rows begun so far; the last one may be partly filled.</summary>
    public int Rows => (Count + rowIds - 1) / rowIds;

    /// <summary>Offset in the folded text of the character that is being hashed.</summary>
    public int Position { get; set; }

    /// <summary>All ids in text order.</summary>
    public ReadOnlySpan<int> All => _ids.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        Position = 0;
        _nextRow = 0;
        _repeated?.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id)
    {
        if (Count == _ids.Length) Array.Resize(ref _ids, _ids.Length * 2);
        if (Count == _nextRow) BeginRow();
        _ids[Count] = _repeated is null ? id : _repeated.Mark(id, Count);
        Count++;
    }

    /// <summary>Offset in the folded text where a row begins.</summary>
    public int RowStart(int row) => row == 0 ? 0 : _rowStarts[row];

    private void BeginRow()
    {
        var row = _nextRow / rowIds;
        _nextRow += rowIds;
        if (row == _rowStarts.Length) Array.Resize(ref _rowStarts, _rowStarts.Length * 2);
        _rowStarts[row] = Position;
    }
}
