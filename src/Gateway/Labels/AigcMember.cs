using System.Text.Json;

namespace Gateway.Labels;

/// <summary>Where a body or event has its <c>AIGC</c> member: only the outermost object counts, text that quotes one does not.</summary>
/// <param name="Start">Offset of the quote before its name.</param>
/// <param name="ValueStart">Offset of its value.</param>
/// <param name="End">Offset past its value.</param>
internal readonly record struct AigcMember(int Start, int ValueStart, int End)
{
    /// <summary>Finds the member.</summary>
    /// <param name="json">A body or the data of an event, valid JSON.</param>
    public static AigcMember? Find(ReadOnlySpan<byte> json)
    {
        // Nearly every answer has none: a search through the bytes says so without reading them as JSON.
        if (json.IndexOf("\"AIGC\""u8) < 0) return null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1024, AllowMultipleValues = true });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1 || !reader.ValueTextEquals(AigcLabel.MemberName)) continue;
                var start = (int)reader.TokenStartIndex;
                reader.Read();
                var valueStart = (int)reader.TokenStartIndex;
                reader.Skip();
                return new AigcMember(start, valueStart, (int)reader.BytesConsumed);
            }
        }
        catch (JsonException)
        {
            // Not JSON after all: nothing in it is a label.
        }

        return null;
    }

    /// <summary>What it says.</summary>
    public AigcLabel? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json[ValueStart..End]);
        using var document = JsonDocument.ParseValue(ref reader);
        return AigcLabel.Read(document.RootElement, out _);
    }

    /// <summary>The bytes that go when it is taken out: one comma goes with it.</summary>
    public (int Start, int End) Removal(ReadOnlySpan<byte> json)
    {
        var before = json[..Start].TrimEnd(" \t\r\n"u8);
        if (before.Length > 0 && before[^1] == ',') return (before.Length - 1, End);
        var after = json[End..];
        var rest = after.TrimStart(" \t\r\n"u8);
        return rest.Length > 0 && rest[0] == ',' ? (Start, End + after.Length - rest.Length + 1) : (Start, End);
    }
}
