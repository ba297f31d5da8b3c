using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Labels;

/// <summary>
/// The implicit label of GB 45438-2025, Annex E: seven strings under the key <c>AIGC</c>. The first four are the producer's, the last
/// three the propagator's.
/// </summary>
internal sealed record AigcLabel
{
    /// <summary>Name of the member that holds it.</summary>
    public const string MemberName = "AIGC";

    /// <summary>Name of the header that tells it.</summary>
    public const string HeaderName = "Gateway-AIGC";

    private const int MostHeader = 2048;

    /// <summary>Values are printable ASCII: escapes would be backslashes, which the standard does not allow.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The names of its fields, in order.</summary>
    public static readonly string[] Names = ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"];

    /// <summary><c>1</c> made by AI, <c>2</c> may be, <c>3</c> suspected.</summary>
    public string Label { get; init; } = "1";

    /// <summary>The producer's name or code.</summary>
    public string ContentProducer { get; init; } = "";

    /// <summary>The producer's number for the content.</summary>
    public string ProduceID { get; init; } = "";

    /// <summary>Integrity of the producer's part.</summary>
    public string ReservedCode1 { get; init; } = "";

    /// <summary>The propagator's name or code.</summary>
    public string ContentPropagator { get; init; } = "";

    /// <summary>The propagator's number for the content.</summary>
    public string PropagateID { get; init; } = "";

    /// <summary>Integrity of the propagator's part.</summary>
    public string ReservedCode2 { get; init; } = "";

    /// <summary>A propagator has filled its part.</summary>
    public bool IsPropagated => ContentPropagator.Length > 0 || PropagateID.Length > 0;

    /// <summary>The values, in the order of <see cref="Names"/>.</summary>
    public IEnumerable<string> Values => [Label, ContentProducer, ProduceID, ReservedCode1, ContentPropagator, PropagateID, ReservedCode2];

    /// <summary>Characters that a value may have: printable ASCII without space and backslash.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => value.IndexOfAnyExceptInRange('!', '~') < 0 && !value.Contains('\\');

    /// <summary>As the value of a header; <see langword="null"/> where a model server's own does not fit into one.</summary>
    public string? ToHeader() => Values.All(value => IsValue(value)) && Values.Sum(value => value.Length) <= MostHeader ? Encoding.ASCII.GetString(ToBytes()) : null;

    /// <summary>As JSON.</summary>
    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, Plain)) Write(json);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes it as the value of its member.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, value) in Names.Zip(Values)) json.WriteString(name, value);
        json.WriteEndObject();
    }

    /// <summary>Reads a label.</summary>
    /// <param name="value">The value of the member.</param>
    /// <param name="fault">What is not as the standard has it; <see langword="null"/> when everything is.</param>
    /// <returns><see langword="null"/> when it is not an object of strings.</returns>
    public static AigcLabel? Read(JsonElement value, out string? fault)
    {
        fault = null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            fault = "AIGC is not an object";
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String)
            {
                fault = $"{member.Name} is not a string";
                return null;
            }

            if (Array.IndexOf(Names, member.Name) < 0) fault ??= $"{member.Name} is not one of the seven fields";
            else if (!fields.TryAdd(member.Name, member.Value.GetString()!)) fault ??= $"{member.Name} is there twice";
        }

        var label = new AigcLabel
        {
            Label = Field("Label"),
            ContentProducer = Field("ContentProducer"),
            ProduceID = Field("ProduceID"),
            ReservedCode1 = Field("ReservedCode1"),
            ContentPropagator = Field("ContentPropagator"),
            PropagateID = Field("PropagateID"),
            ReservedCode2 = Field("ReservedCode2"),
        };
        foreach (var (name, text) in Names.Zip(label.Values))
        {
            if (!fields.ContainsKey(name)) fault ??= $"{name} is missing";
            else if (!IsValue(text)) fault ??= $"{name} holds a character outside 0x21 to 0x7E, or a backslash";
        }

        if (label.Label is not ("1" or "2" or "3")) fault ??= "Label is not 1, 2 or 3";
        if (label.ContentProducer.Length == 0) fault ??= "ContentProducer is empty";
        if (label.ProduceID.Length == 0) fault ??= "ProduceID is empty";
        return label;

        string Field(string name) => fields.GetValueOrDefault(name, "");
    }
}
