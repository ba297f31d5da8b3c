using System.Text.Json;

namespace Gateway.Audit.Journal;

/// <summary>The members every entry begins with, read without touching the rest. Valid as long as the bytes it was read from.</summary>
internal readonly ref struct EntryHeader
{
    /// <summary>Number of the entry.</summary>
    public long Sequence { get; private init; }

    /// <summary>Hash of the entry before, hex.</summary>
    public ReadOnlySpan<byte> PreviousHash { get; private init; }

    /// <summary>When the journal took the entry, ISO 8601.</summary>
    public ReadOnlySpan<byte> Time { get; private init; }

    /// <summary>Kind of the entry.</summary>
    public ReadOnlySpan<byte> Kind { get; private init; }

    /// <summary>Id of the exchange.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>Reads the header.</summary>
    /// <returns><see langword="false"/> if the bytes do not begin as every entry does.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out EntryHeader header)
    {
        header = default;
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            if (!MoveTo(ref reader, "seq"u8, JsonTokenType.Number) || !reader.TryGetInt64(out var sequence)) return false;
            if (!MoveTo(ref reader, "prevHash"u8, JsonTokenType.String)) return false;
            var previousHash = reader.ValueSpan;
            if (!MoveTo(ref reader, "time"u8, JsonTokenType.String)) return false;
            var time = reader.ValueSpan;
            if (!MoveTo(ref reader, "kind"u8, JsonTokenType.String)) return false;
            var kind = reader.ValueSpan;
            if (!MoveTo(ref reader, "id"u8, JsonTokenType.String)) return false;
            header = new EntryHeader
            {
                Sequence = sequence,
                PreviousHash = previousHash,
                Time = time,
                Kind = kind,
                Id = reader.ValueSpan,
            };
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool MoveTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType type) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name)
        && reader.Read() && reader.TokenType == type;
}
