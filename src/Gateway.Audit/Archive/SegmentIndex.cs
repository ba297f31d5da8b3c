using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Archive;

/// <summary>
/// The index of a segment: rows to search by and the places of its blocks. Made from the entries alone, so anybody who
/// has them can make it again and compare.
/// </summary>
internal sealed class SegmentIndex
{
    private static readonly byte[] Magic = "GWINDEX1"u8.ToArray();

    private readonly byte[] _rows;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    private SegmentIndex(string[] texts, IndexBlock[] blocks, byte[] rows)
    {
        (Texts, Blocks, _rows) = (texts, blocks, rows);
        for (var place = 0; place < texts.Length; place++) _places[texts[place]] = place;
    }

    /// <summary>The texts that rows name by their place.</summary>
    public string[] Texts { get; }

    /// <summary>The blocks, in order.</summary>
    public IndexBlock[] Blocks { get; }

    /// <summary>How many rows there are.</summary>
    public int RowCount => _rows.Length / IndexRow.Length;

    /// <summary>A row.</summary>
    public IndexRow Row(int index) => IndexRow.Read(_rows.AsSpan(index * IndexRow.Length, IndexRow.Length));

    /// <summary>The text of a place; <see langword="null"/> for none.</summary>
    public string? Text(int place) => place < 0 ? null : Texts[place];

    /// <summary>The place of a text; −2, which no row has, where the segment never names it.</summary>
    public int Place(string text) => _places.GetValueOrDefault(text, -2);

    /// <summary>The block that holds an entry.</summary>
    public IndexBlock BlockOf(long sequence)
    {
        var at = Array.FindLastIndex(Blocks, block => block.First <= sequence);
        return Blocks[Math.Max(0, at)];
    }

    /// <summary>What stands for an id in rows.</summary>
    public static ulong HashOfId(string id) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    /// <summary>Writes an index.</summary>
    public static byte[] Write(IReadOnlyList<string> texts, IReadOnlyList<IndexBlock> blocks, IReadOnlyList<IndexRow> rows)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(texts.Count);
            writer.Write(blocks.Count);
            writer.Write(rows.Count);
            foreach (var text in texts) writer.Write(text);
            foreach (var block in blocks)
            {
                writer.Write(block.First);
                writer.Write(block.Offset);
                writer.Write(block.Length);
                writer.Write(block.RawLength);
            }

            Span<byte> bytes = stackalloc byte[IndexRow.Length];
            foreach (var row in rows)
            {
                row.Write(bytes);
                writer.Write(bytes);
            }
        }

        return buffer.ToArray();
    }

    /// <summary>Reads an index.</summary>
    /// <exception cref="AuditFormatException">It is none.</exception>
    public static SegmentIndex Read(byte[] bytes, string name)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic)) throw new InvalidDataException("it does not begin as one");
            var texts = new string[Bounded(reader.ReadInt32(), bytes)];
            var blocks = new IndexBlock[Bounded(reader.ReadInt32(), bytes)];
            var rows = Bounded(reader.ReadInt32(), bytes);
            for (var index = 0; index < texts.Length; index++) texts[index] = reader.ReadString();
            for (var index = 0; index < blocks.Length; index++)
                blocks[index] = new IndexBlock(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32());
            var content = reader.ReadBytes(checked(rows * IndexRow.Length));
            if (content.Length != rows * IndexRow.Length) throw new EndOfStreamException();
            return new SegmentIndex(texts, blocks, content);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or OverflowException or FormatException)
        {
            throw new AuditFormatException($"{name} is no index: {exception.Message}. `gateway audit verify` on the archive says whether the entries are sound.", exception);
        }
    }

    private static int Bounded(int count, byte[] bytes) =>
        count >= 0 && count <= bytes.Length ? count : throw new InvalidDataException("a count is impossible");
}
