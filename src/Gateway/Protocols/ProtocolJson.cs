using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Writing JSON by hand, as the protocols do it.</summary>
internal static class ProtocolJson
{
    // Readable Chinese in canned answers and errors; the text never reaches an HTML page unescaped by its reader.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object.</summary>
    public static void WriteObject<TState>(IBufferWriter<byte> output, TState state, Action<Utf8JsonWriter, TState> members)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        members(json, state);
        json.WriteEndObject();
    }

    /// <summary>Writes one object with further members, each with a leading comma, before its closing brace.</summary>
    public static void WriteObject<TState>(IBufferWriter<byte> output, TState state, Action<Utf8JsonWriter, TState> members, ReadOnlySpan<byte> more)
    {
        if (more.IsEmpty)
        {
            WriteObject(output, state, members);
            return;
        }

        var plain = new ArrayBufferWriter<byte>();
        WriteObject(plain, state, members);
        output.Write(plain.WrittenSpan[..^1]);
        output.Write(more);
        output.Write("}"u8);
    }

    /// <summary>Writes one server-sent event, with its name when it has one.</summary>
    public static void WriteEvent<TState>(
        IBufferWriter<byte> output, ReadOnlySpan<byte> name, TState state, Action<Utf8JsonWriter, TState> members, ReadOnlySpan<byte> more = default)
    {
        if (!name.IsEmpty)
        {
            output.Write("event: "u8);
            output.Write(name);
            output.Write("\n"u8);
        }

        output.Write("data: "u8);
        WriteObject(output, state, members, more);
        output.Write("\n\n"u8);
    }

    /// <summary>A body of the gateway's own.</summary>
    public static Refusal Whole<TState>(int status, TState state, Action<Utf8JsonWriter, TState> members)
    {
        var body = new ArrayBufferWriter<byte>();
        WriteObject(body, state, members);
        return new Refusal(status, "application/json", body.WrittenMemory);
    }

    public static void WriteNumbers(this Utf8JsonWriter json, string name, params ReadOnlySpan<string> zeros)
    {
        json.WriteStartObject(name);
        foreach (var zero in zeros) json.WriteNumber(zero, 0);
        json.WriteEndObject();
    }
}
