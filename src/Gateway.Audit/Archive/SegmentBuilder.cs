using System.IO.Compression;
using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Archive;

/// <summary>Collects entries in order and makes a segment of them: data, index, and what the manifest says of them.</summary>
internal sealed class SegmentBuilder : IDisposable
{
    /// <summary>Bytes of lines in a block: what must be read to see one entry.</summary>
    private const int BlockBytes = 128 * 1024;

    private readonly string _instance;
    private readonly Dictionary<string, PendingExchange> _pending;
    private readonly MemoryStream _data = new();
    private readonly MemoryStream _block = new();
    private readonly List<IndexBlock> _blocks = [];
    private readonly List<IndexRow> _rows = [];
    private readonly List<string> _hashes = [];
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private long _blockFirst;
    private JournalEntry? _first;
    private JournalEntry? _last;
    private DateTimeOffset _to = DateTimeOffset.MinValue;
    private SealPoint? _seal;
    private byte _months;

    /// <summary>Begins a segment.</summary>
    /// <param name="instance">Id of the journal.</param>
    /// <param name="pending">Exchanges that are open before it, by id; goes on from segment to segment.</param>
    /// <param name="seal">The last seal before it.</param>
    public SegmentBuilder(string instance, Dictionary<string, PendingExchange> pending, SealPoint? seal) =>
        (_instance, _pending, _seal) = (instance, pending, seal);

    /// <summary>Bytes of lines taken.</summary>
    public long RawBytes { get; private set; }

    /// <summary>Entries taken.</summary>
    public int Count => _hashes.Count;

    /// <summary>The last entry taken.</summary>
    public JournalEntry? Last => _last;

    /// <summary>Time of the first entry.</summary>
    public DateTimeOffset? From => _first?.Time;

    /// <summary>The last seal so far.</summary>
    public SealPoint? Seal => _seal;

    /// <summary>Takes an entry; the one after the last.</summary>
    public void Add(JournalEntry entry)
    {
        if (_block.Length == 0) _blockFirst = entry.Sequence;
        _block.Write(Encoding.ASCII.GetBytes(entry.Hash));
        _block.WriteByte((byte)' ');
        _block.Write(entry.Json.Span);
        _block.WriteByte((byte)'\n');
        RawBytes += EntryHash.Length + 2 + entry.Json.Length;
        _hashes.Add(entry.Hash);
        _first ??= entry;
        _last = entry;
        var time = entry.Time;
        if (time > _to) _to = time;
        Note(entry, time);
        if (_block.Length >= BlockBytes) EndBlock();
    }

    /// <summary>Makes the files.</summary>
    /// <param name="number">Number of the segment.</param>
    /// <param name="previous">Hash of the manifest before; <see langword="null"/> for the first.</param>
    /// <param name="created">When.</param>
    /// <param name="key">Signs it.</param>
    public (ArchiveManifest Manifest, byte[] Data, byte[] Index) Build(long number, string? previous, DateTimeOffset created, SealingKey key)
    {
        EndBlock();
        var months = _months;

        // In an order of their own: an archiver that has seen them all and one that knows them from the last index write the same.
        string[] open = [.. _pending.Keys.Order(StringComparer.Ordinal)];
        foreach (var id in open)
        {
            var pending = _pending[id];
            _rows.Add(Row(id, IndexRowKind.Pending, pending, null, 0, 0));
            months = Math.Max(months, pending.Months);
        }

        var data = _data.ToArray();
        var index = SegmentIndex.Write(_texts, _blocks, _rows);
        var (first, last) = (_first!, _last!);
        var manifest = new ArchiveManifest
        {
            Instance = _instance,
            Number = number,
            First = first.Sequence,
            Last = last.Sequence,
            Records = _hashes.Count,
            From = first.Time,
            To = _to,
            PrevHash = first.PreviousHash,
            HeadHash = last.Hash,
            MerkleRoot = MerkleTree.Root(_hashes),
            Data = ArchiveManifest.PartOf(_instance, first.Sequence, last.Sequence, data, ArchiveManifest.DataEnd),
            Index = ArchiveManifest.PartOf(_instance, first.Sequence, last.Sequence, index, ArchiveManifest.IndexEnd),
            RetentionMonths = months == 0 ? null : months,
            Open = open,
            Previous = previous,
            Seal = _seal,
            Created = created,
            KeyId = key.Id,
            PublicKey = Convert.ToBase64String(key.PublicKey),
            Endorsement = key.Endorsement,
        };
        return (manifest, data, index);
    }

    /// <summary>Takes back the rows of open exchanges that <see cref="Build"/> added, so that it can be called again.</summary>
    public void Forget(int open) => _rows.RemoveRange(_rows.Count - open, open);

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _block.Dispose();
    }

    private void Note(JournalEntry entry, DateTimeOffset time)
    {
        switch (entry.Parse())
        {
            case OpenEntry open:
                _pending[open.Id] = new PendingExchange(entry.Sequence, time.UtcTicks, open.Tenant, open.User, open.Model, Risks(open.Request), open.Request.Action, open.TrainingUse, (byte)Math.Clamp(open.RetentionMonths ?? 0, 0, byte.MaxValue));
                break;
            case CloseEntry close:
                _pending.Remove(close.Id, out var opened);
                _months = Math.Max(_months, opened?.Months ?? 0);
                _rows.Add(Row(close.Id, IndexRowKind.Closed, opened, close, entry.Sequence, time.UtcTicks));
                break;
            case DeliveryEntry delivery:
                _rows.Add(Row(delivery.Id, IndexRowKind.Delivery, null, null, entry.Sequence, time.UtcTicks));
                break;
            case EventEntry happened:
                _rows.Add(Row(happened.Id, IndexRowKind.Event, null, null, entry.Sequence, time.UtcTicks) with
                {
                    User = Place(happened.Subject),
                    Outcome = Place(happened.Event),
                });
                break;
            case SealEntry seal:
                _seal = new SealPoint(seal.Number, seal.HeadSeq, seal.StatementHash(_instance), seal.KeyId, entry.Sequence);
                break;
        }
    }

    private IndexRow Row(string id, IndexRowKind kind, PendingExchange? opened, CloseEntry? close, long sequence, long time) => new()
    {
        Kind = kind,
        IdHash = SegmentIndex.HashOfId(id),
        Opened = opened?.Time ?? 0,
        Closed = time,
        OpenSeq = opened?.Sequence ?? 0,
        Seq = sequence,
        Tenant = Place(opened?.Tenant),
        User = Place(opened?.User),
        Model = Place(opened?.Model),
        Risks = Place(Join(opened?.Risks, Risks(close?.Response))),
        Outcome = Place(close?.Outcome),
        RequestAction = First(opened?.Action),
        ResponseAction = First(close?.Response?.Action),
        TrainingUse = opened?.TrainingUse ?? false,
        Months = opened?.Months ?? 0,
    };

    private int Place(string? text)
    {
        if (text is null) return -1;
        if (!_places.TryGetValue(text, out var place))
        {
            _places[text] = place = _texts.Count;
            _texts.Add(text);
        }

        return place;
    }

    private void EndBlock()
    {
        if (_block.Length == 0) return;
        var offset = _data.Length;
        using (var gzip = new GZipStream(_data, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(_block.GetBuffer(), 0, (int)_block.Length);
        _blocks.Add(new IndexBlock(_blockFirst, offset, (int)(_data.Length - offset), (int)_block.Length));
        _block.SetLength(0);
    }

    /// <summary>The distinct risks, each with a comma on both sides, so that one can be looked for.</summary>
    private static string? Risks(DirectionRecord? direction) => direction is null || direction.Detections.Count == 0
        ? null
        : $",{string.Join(',', direction.Detections.Select(detection => detection.Risk).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))},";

    private static string? Join(string? left, string? right)
    {
        if (left is null || right is null) return left ?? right;
        return left == right ? left : $",{string.Join(',', (left + right).Split(',', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))},";
    }

    private static byte First(string? action) => action is { Length: > 0 } ? (byte)action[0] : (byte)0;
}
