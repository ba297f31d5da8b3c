using System.Text.Json;
using Gateway.Protocols;

namespace Gateway.Labels;

/// <summary>Whether a request fixes the form of its answer: a program will read it, and a notice in the text would break it.</summary>
internal static class AnswerForm
{
    /// <summary>True when one of the operation's <see cref="Operation.FormFields"/> says so, or when the answer goes on with words put into the model's mouth.</summary>
    public static bool IsFixed(ReadOnlySpan<byte> body, Operation operation)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        foreach (var field in operation.FormFields)
        {
            if (Asks(body, field.Split('.'))) return true;
        }

        return IsPrefilled(body);
    }

    private static bool Asks(ReadOnlySpan<byte> body, string[] path)
    {
        var reader = Open(body);
        foreach (var name in path)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !MoveTo(ref reader, name)) return false;
        }

        if (!reader.Read()) return false;
        return reader.TokenType switch
        {
            JsonTokenType.Null or JsonTokenType.False => false,
            JsonTokenType.String => !(reader.ValueSpan.IsEmpty || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("text/plain"u8)),
            _ => true,
        };
    }

    /// <summary>The last turn is the model's own.</summary>
    private static bool IsPrefilled(ReadOnlySpan<byte> body)
    {
        var reader = Open(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !MoveTo(ref reader, "messages")) return false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return false;
        var isModel = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            isModel = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRole = reader.ValueTextEquals("role"u8);
                reader.Read();
                if (isRole) isModel = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("assistant"u8);
                reader.Skip();
            }
        }

        return isModel;
    }

    private static bool MoveTo(ref Utf8JsonReader reader, string name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name)) return true;
            reader.Read();
            reader.Skip();
        }

        return false;
    }

    // The body was read before: it is valid, and not deeper than this.
    private static Utf8JsonReader Open(ReadOnlySpan<byte> body) => new(body, new JsonReaderOptions { MaxDepth = 1024 });
}
