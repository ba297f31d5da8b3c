using System.Text;
using System.Text.Json;
using Gateway.Protocols;
using Gateway.Sanctions;

namespace Gateway.Proxy;

/// <summary>Reads the messages of a prompt that was blocked: who speaks in each, and which are to blame.</summary>
internal static class TurnReader
{
    public static List<Turn> Read(ScannedJson scanned, ReadOnlySpan<byte> json, Judgement judgement, UserKeys keys, string user)
    {
        var texts = new SortedDictionary<int, StringBuilder>();
        foreach (var field in scanned.Fields)
        {
            if (field.IsName || field.Rule == FieldRule.Watch) continue;
            if (!texts.TryGetValue(field.Group, out var text)) texts[field.Group] = text = new StringBuilder();
            text.Append(scanned.TextOf(field).Span).Append('\0');
        }

        var turns = new List<Turn>(texts.Count);
        foreach (var (group, text) in texts)
        {
            var (role, holdsResults) = group < 0 ? ("", false) : RoleOf(json[scanned.Groups[group].ByteStart..scanned.Groups[group].ByteEnd]);
            var isBlocked = group < 0 ? judgement.IsWholeBlocked : judgement.BlockedGroups.Contains(group);
            turns.Add(new Turn(group, role, keys.OfTurn(user, text.ToString()), isBlocked) { HoldsResults = holdsResults });
        }

        return turns;
    }

    /// <summary>
    /// The same body without some messages, each with its answers: what follows up to the user's next turn. <see langword="null"/> where that cannot
    /// be done, or nothing would be left.
    /// </summary>
    public static byte[]? Without(ScannedJson scanned, ReadOnlySpan<byte> json, IReadOnlyList<Turn> turns)
    {
        var cut = new HashSet<int>();
        var isCutting = false;
        foreach (var turn in turns.Where(turn => turn.Group >= 0))
        {
            if (turn.IsBlocked) isCutting = true;
            else if (turn.IsOfUser)
            {
                // Results whose calls are cut out would stand alone; without the message the user's words would be missing.
                if (isCutting && turn.HoldsResults) return null;
                isCutting = false;
            }

            if (isCutting) cut.Add(turn.Group);
        }

        if (turns.Any(turn => turn is { Group: < 0, IsBlocked: true }) || cut.Count == 0 || !turns.Any(turn => turn.IsOfUser && turn.Group >= 0 && !cut.Contains(turn.Group))) return null;
        using var rest = new MemoryStream(json.Length);
        var position = 0;
        foreach (var group in cut.Order())
        {
            var (start, end) = (scanned.Groups[group].ByteStart, scanned.Groups[group].ByteEnd);
            if (start < position) return null;

            // The comma goes with it: the one behind, or before the last.
            var after = end;
            while (after < json.Length && json[after] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') after++;
            if (after < json.Length && json[after] == (byte)',') end = after + 1;
            else
            {
                var before = start;
                while (before > position && json[before - 1] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') before--;
                if (before > position && json[before - 1] == (byte)',') start = before - 1;
                else return null;
            }

            rest.Write(json[position..start]);
            position = end;
        }

        rest.Write(json[position..]);
        return rest.ToArray();
    }

    /// <summary>Who speaks. Results of tools come in messages of the user with some APIs, and as items that nobody says with another.</summary>
    private static (string Role, bool HoldsResults) RoleOf(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1000 });
        var (role, type) = ("", "");
        var (parts, results) = (0, 0);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
                var isRole = reader.ValueTextEquals("role"u8);
                var isType = reader.ValueTextEquals("type"u8);
                var isContent = reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("parts"u8);
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && isRole) role = reader.GetString()!.ToLowerInvariant();
                else if (reader.TokenType == JsonTokenType.String && isType) type = reader.GetString()!;
                else if (reader.TokenType == JsonTokenType.StartArray && isContent) (parts, results) = CountParts(ref reader);
                else reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The body was read as JSON; a message in it is.
        }

        if (role.Length == 0 && type.Length > 0 && type != "message") return (type.EndsWith("_output", StringComparison.Ordinal) ? Turn.Tool : Turn.Assistant, false);
        if (role is not ("user" or "")) return (role, false);
        return results > 0 && results == parts ? (Turn.Tool, false) : (role, results > 0);
    }

    /// <summary>How many parts a message has, and how many of them are what a tool answered.</summary>
    private static (int Parts, int Results) CountParts(ref Utf8JsonReader reader)
    {
        var (parts, results) = (0, 0);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            parts++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var isResult = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                isResult |= reader.ValueTextEquals("functionResponse"u8) || reader.ValueTextEquals("function_response"u8);
                reader.Read();
                isResult |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("tool_result"u8);
                reader.Skip();
            }

            if (isResult) results++;
        }

        return (parts, results);
    }
}
