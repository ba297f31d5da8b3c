using System.Buffers;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;

namespace Gateway.Audit;

/// <summary>The text of one direction on its way to the record: fields in order, and which of them have findings.</summary>
internal sealed class KeptText
{
    private readonly List<(KeptField Field, bool IsFlagged)> _fields = [];

    /// <summary>The digest, where it was made while the text was at hand.</summary>
    public string? Digest { get; set; }

    /// <summary>Adds a field.</summary>
    public void Add(string field, string text, bool isFlagged) => _fields.Add((new KeptField(field, text), isFlagged));

    /// <summary>The fields, or those with findings.</summary>
    public IReadOnlyList<KeptField> Fields(bool flaggedOnly) => [.. _fields.Where(field => field.IsFlagged || !flaggedOnly).Select(field => field.Field)];

    /// <summary>The digest of all fields: each followed by a zero character.</summary>
    public string? DigestOf(SubjectKey key)
    {
        if (_fields.Count == 0) return Digest;
        var length = _fields.Sum(field => field.Field.Text.Length + 1);
        var joined = ArrayPool<char>.Shared.Rent(length);
        var position = 0;
        foreach (var (field, _) in _fields)
        {
            field.Text.CopyTo(joined.AsSpan(position));
            position += field.Text.Length;
            joined[position++] = '\0';
        }

        Digest = key.Digest(joined.AsSpan(0, position));
        ArrayPool<char>.Shared.Return(joined, clearArray: true);
        return Digest;
    }
}
