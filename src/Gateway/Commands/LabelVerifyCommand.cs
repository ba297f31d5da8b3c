using System.Text;
using System.Text.Json;
using Gateway.Labels;

namespace Gateway.Commands;

/// <summary><c>gateway label verify</c>: finds the label in an answer as it was received and checks it.</summary>
internal sealed class LabelVerifyCommand(LabelKeys keys, TextWriter output, TextWriter error)
{
    private const int MostBytes = 64 * 1024 * 1024;

    public async Task<int> RunAsync(string file, bool isJson, CancellationToken cancellationToken)
    {
        byte[] content;
        try
        {
            await using var input = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            using var memory = new MemoryStream();
            await input.CopyToAsync(memory, cancellationToken);
            content = memory.Length <= MostBytes ? memory.ToArray() : throw new IOException("it is larger than 64 MiB");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"gateway: {file} cannot be read: {fault.Message}");
            return AuditExit.Unreadable;
        }

        var labels = new List<JsonElement>();
        var marks = new List<JsonElement>();
        foreach (var part in Parts(content)) Collect(part, labels, marks);

        // The first and the last event of a stream may tell the same label.
        var copies = labels.Count;
        labels = [.. labels.DistinctBy(label => label.GetRawText(), StringComparer.Ordinal)];
        if (labels.Count == 0 && marks.Count == 0)
        {
            await error.WriteLineAsync($"gateway: there is no label in {file}.");
            return AuditExit.Unreadable;
        }

        var checks = labels.Select(Check).Concat(marks.Select(CheckMark)).ToList();
        if (labels.Count > 1) checks.Add((new LabelCheck(LabelCheck.Broken, $"there are {labels.Count} AIGC labels; only one may be kept"), null));
        var verdict = checks.Exists(check => check.Result.Verdict == LabelCheck.Broken) ? LabelCheck.Broken
            : checks.TrueForAll(check => check.Result.Verdict == LabelCheck.Sound) ? LabelCheck.Sound
            : LabelCheck.Unprovable;
        if (copies > labels.Count) checks.Add((new LabelCheck(LabelCheck.Sound, $"it stands in {copies} events of the stream; keep one where you save the content as a file"), null));
        if (isJson) await output.WriteLineAsync(Json(verdict, checks));
        else
        {
            await output.WriteLineAsync(verdict);
            foreach (var (result, label) in checks)
            {
                if (label is not null) await output.WriteLineAsync($"  {label.ContentProducer} {label.ProduceID}{(label.IsPropagated ? $", propagated by {label.ContentPropagator} {label.PropagateID}" : "")}");
                await output.WriteLineAsync($"  {result.Detail}");
            }
        }

        return verdict switch
        {
            LabelCheck.Sound => AuditExit.Good,
            LabelCheck.Broken => AuditExit.Bad,
            _ => AuditExit.Unreadable,
        };
    }

    private (LabelCheck Result, AigcLabel? Label) Check(JsonElement value)
    {
        var label = AigcLabel.Read(value, out var fault);
        if (label is null || fault is not null) return (new LabelCheck(LabelCheck.Broken, fault ?? "not a label"), label);
        var result = LabelCheck.Of(label, keys);
        var code = ProviderCode.IsMeant(label.ContentProducer) ? ProviderCode.Fault(label.ContentProducer) : null;
        return (code is null ? result : result with { Detail = $"{result.Detail}; ContentProducer is not {code}" }, label);
    }

    private (LabelCheck Result, AigcLabel? Label) CheckMark(JsonElement mark)
    {
        if (mark.ValueKind != JsonValueKind.Object || Text("integrity")?.Split('.') is not [var algorithm, var id, var code])
            return (new LabelCheck(LabelCheck.Unprovable, "mark: no integrity code"), null);
        if (keys.Find(algorithm, id) is not { } key) return (new LabelCheck(LabelCheck.Unprovable, $"mark: key {algorithm}.{id} is not here"), null);
        var statement = ContentLabels.EuStatement(Text("provider"), Text("system") ?? "", Text("version"), Text("time") ?? "", Text("id") ?? "");
        var isMarked = mark.TryGetProperty("ai_generated", out var made) && made.ValueKind == JsonValueKind.True;
        return (isMarked && key.Verifies(statement, code) ? new LabelCheck(LabelCheck.Sound, $"mark: as key {algorithm}.{id} left it") : new LabelCheck(LabelCheck.Broken, "mark: altered, or its code is"), null);

        string? Text(string name) => mark.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>The JSON values of a body, of the events of a stream, or of lines.</summary>
    private static IEnumerable<JsonElement> Parts(byte[] content)
    {
        if (Parse(content) is { } whole) return whole.ValueKind == JsonValueKind.Array ? whole.EnumerateArray().ToArray() : [whole];
        return Encoding.UTF8.GetString(content).Split('\n')
            .Select(line => line.StartsWith("data:", StringComparison.Ordinal) ? line[5..] : line)
            .Select(line => Parse(Encoding.UTF8.GetBytes(line.Trim())))
            .OfType<JsonElement>();
    }

    private static JsonElement? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
            return json.IsEmpty ? null : JsonDocument.Parse(json).RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Collect(JsonElement part, List<JsonElement> labels, List<JsonElement> marks)
    {
        if (part.ValueKind != JsonValueKind.Object) return;
        var before = labels.Count;
        foreach (var member in part.EnumerateObject())
        {
            if (member.NameEquals(AigcLabel.MemberName)) labels.Add(member.Value);
            else if (member.NameEquals(ContentLabels.EuMemberName)) marks.Add(member.Value);
        }

        // The label by itself.
        if (labels.Count == before && part.TryGetProperty("ContentProducer", out _)) labels.Add(part);
    }

    private static string Json(string verdict, List<(LabelCheck Result, AigcLabel? Label)> checks)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("verdict", verdict);
            json.WriteStartArray("checks");
            foreach (var (result, label) in checks)
            {
                json.WriteStartObject();
                json.WriteString("verdict", result.Verdict);
                json.WriteString("detail", result.Detail);
                if (label is not null)
                {
                    json.WritePropertyName(AigcLabel.MemberName);
                    label.Write(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
