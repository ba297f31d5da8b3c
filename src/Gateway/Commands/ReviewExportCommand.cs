using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Cases;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway review export</c>: texts that reviewers agree on, one line each as training data has them. Exchanges that may not be used for training are
/// left out, whatever was decided about them.
/// </summary>
internal sealed class ReviewExportCommand(RecordPlaces places, TextWriter output)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<int> RunAsync(string path, string? reason, CancellationToken cancellationToken)
    {
        if (File.Exists(path)) throw new ConfigurationException($"{path} exists already. Name a new file with --out.");
        await new RecordCommands(places, output, output).BreakGlassAsync(reason, null, cancellationToken);
        var book = CaseFile.Load(places.Options.Directory);
        var (written, withheld, unread) = (0, 0, 0);
        await using (var file = new StreamWriter(path, false, new UTF8Encoding(false)))
        {
            foreach (var exchange in book.Reviewed)
            {
                if (await places.Search().FindAsync(exchange, cancellationToken) is not { } found) continue;
                if (found.Record.Opening is not { TrainingUse: true } opening)
                {
                    withheld++;
                    continue;
                }

                var risks = opening.Request.Detections.Concat(found.Record.Response?.Detections ?? []).Select(detection => detection.Risk).Distinct(StringComparer.Ordinal).ToList();
                var needed = new ReviewItem(exchange, "", default, default, risks, null, null).Needed;
                var (request, response) = places.Open(found.Record);
                foreach (var decision in ReviewQueue.Agreed(book.DecisionsOn(exchange), needed))
                {
                    var fields = decision.Side == "prompt" ? request : response;
                    if (fields is null or { Count: 0 })
                    {
                        unread++;
                        continue;
                    }

                    await file.WriteLineAsync(Line(string.Join('\n', fields.Select(field => field.Text)), decision));
                    written++;
                }
            }
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{path}: {written} examples; {withheld} exchanges may not be used for training, {unread} texts are not kept or their key is gone"));
        return AuditExit.Good;
    }

    private static string Line(string text, ReviewDecision decision)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteString("lang", text.Any(letter => letter is >= '\u4e00' and <= '\u9fff') ? "zh" : "en");
            json.WriteString("side", decision.Side);
            json.WriteStartArray("labels");
            foreach (var label in decision.Labels) json.WriteStringValue(label);
            json.WriteEndArray();
            json.WriteString("source", "review");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
