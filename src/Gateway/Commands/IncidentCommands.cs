using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Cases;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary><c>gateway incident</c>: timers, and the package for the authority. Each step is an event in the chain.</summary>
internal sealed class IncidentCommands(RecordPlaces places, IncidentOptions options, TextWriter output)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    public async Task<int> OpenAsync(string title, string severity, bool isCritical, DateTimeOffset? found, CancellationToken cancellationToken)
    {
        if (!Incident.Severities.Contains(severity, StringComparer.Ordinal)) throw new ConfigurationException($"The severity is '{severity}', but must be {string.Join(", ", Incident.Severities)}.");
        var now = places.Clock.GetUtcNow();
        var since = found ?? now;
        var id = "incident-" + Guid.CreateVersion7(now);
        await RecordAsync(AuditEvents.IncidentOpened, id, title, cancellationToken, new Dictionary<string, string>
        {
            ["title"] = title,
            ["severity"] = severity,
            ["found"] = CaseBook.Text(since),
            ["reportDue"] = CaseBook.Text(since.AddHours(isCritical ? options.CriticalReportHours : options.ReportHours)),
            ["closingDue"] = CaseBook.Text(since.AddDays(options.ClosingDays)),
        });
        await output.WriteLineAsync(id);
        return AuditExit.Good;
    }

    public int List(bool asJson)
    {
        var now = places.Clock.GetUtcNow();
        var incidents = CaseFile.Load(places.Options.Directory).Incidents;
        foreach (var incident in incidents)
        {
            if (asJson)
            {
                using var buffer = new MemoryStream();
                using (var json = new Utf8JsonWriter(buffer))
                {
                    json.WriteStartObject();
                    json.Write(incident, now);
                    json.WriteEndObject();
                }

                output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
            }
            else
            {
                var state = incident.Closed is not null ? "closed" : incident.Overdue(now) is { } late ? $"{late} overdue" : incident.Reported is null ? $"report by {Time(incident.ReportDue)}" : $"close by {Time(incident.ClosingDue)}";
                output.WriteLine($"{incident.Id}  {incident.Severity}  {state}  {ExchangeText.Clean(incident.Title)}");
            }
        }

        return incidents.Any(incident => incident.Overdue(now) is not null) ? AuditExit.Bad : AuditExit.Good;
    }

    /// <summary>Records, entries, manifests and proofs are those of an export; the report itself is laid beside them.</summary>
    public async Task<int> ReportAsync(string id, RecordFilter filter, string folder, string? reason, CancellationToken cancellationToken)
    {
        var incident = Find(id);
        var exit = await new ExportCommand(places, output).RunAsync(filter, folder, ExportCommand.ForAudit, decrypts: false, reason ?? $"report on {id}", cancellationToken);
        var counts = new Dictionary<string, SortedDictionary<string, long>>();
        DateTimeOffset? first = null, last = null;
        var total = 0L;
        foreach (var line in File.ReadLines(Path.Combine(folder, "records.ndjson")))
        {
            using var record = JsonDocument.Parse(line);
            total++;
            Tally(record.RootElement, counts);
            var time = record.RootElement.GetProperty("time").GetDateTimeOffset();
            if (first is null || time < first) first = time;
            if (last is null || time > last) last = time;
        }

        await RecordAsync(AuditEvents.IncidentReported, id, reason, cancellationToken, new Dictionary<string, string> { ["exchanges"] = total.ToString(CultureInfo.InvariantCulture) });
        await using (var file = File.Create(Path.Combine(folder, "incident.json")))
        await using (var json = new Utf8JsonWriter(file, Readable))
        {
            var book = CaseFile.Load(places.Options.Directory);
            json.WriteStartObject();
            json.WriteStartObject("incident");
            json.Write(book.Incident(id) ?? incident, places.Clock.GetUtcNow());
            json.WriteEndObject();
            json.WriteString("operator", options.Operator);
            json.WriteString("contact", options.Contact);
            json.WriteString("authority", options.Authority);
            json.WriteStartArray("missing");
            foreach (var missing in Missing()) json.WriteStringValue(missing);
            json.WriteEndArray();
            json.WriteStartObject("exchanges");
            json.WriteNumber("count", total);
            json.WriteTime("first", first);
            json.WriteTime("last", last);
            foreach (var (name, tally) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(name);
                foreach (var (word, count) in tally) json.WriteNumber(word, count);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartArray("timeline");
            foreach (var happened in book.EventsOf(id))
            {
                json.WriteStartObject();
                json.WriteString("event", happened.Event);
                json.WriteString("time", happened.Facts!.GetValueOrDefault("at") ?? happened.Facts!["found"]);
                json.WriteString("actor", happened.Actor);
                json.WriteString("reason", happened.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("proofs", "entries.ndjson with the signed manifests and proofs beside it; `gateway audit verify` checks them");
            json.WriteEndObject();
        }

        foreach (var missing in Missing()) await output.WriteLineAsync($"The report names no {missing}: set Gateway:Incident:{char.ToUpperInvariant(missing[0])}{missing[1..]}.");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(folder, "incident.json")}: {total} exchanges"));
        return exit;
    }

    public async Task<int> CloseAsync(string id, string summary, CancellationToken cancellationToken)
    {
        if (Find(id).Closed is not null) throw new ConfigurationException($"The incident {id} is closed already.");
        await RecordAsync(AuditEvents.IncidentClosed, id, summary, cancellationToken);
        return AuditExit.Good;
    }

    private Incident Find(string id) => CaseFile.Load(places.Options.Directory).Incident(id) ?? throw new ConfigurationException($"There is no incident {id}. `gateway incident list` shows them.");

    private Task RecordAsync(string name, string id, string? reason, CancellationToken cancellationToken, Dictionary<string, string>? facts = null)
    {
        facts ??= [];
        facts["incident"] = id;
        facts["at"] = CaseBook.Text(places.Clock.GetUtcNow());
        return places.RecordAsync(RecordPlaces.Event(name, RecordCommands.Actor, reason, facts: facts), cancellationToken);
    }

    private IEnumerable<string> Missing()
    {
        if (options.Operator is null) yield return "operator";
        if (options.Contact is null) yield return "contact";
        if (options.Authority is null) yield return "authority";
    }

    private static void Tally(JsonElement record, Dictionary<string, SortedDictionary<string, long>> counts)
    {
        Count("outcome", record.GetProperty("outcome").GetString());
        Count("hour", record.GetProperty("time").GetString()![..13] + ":00Z");
        if (record.TryGetProperty("user", out var user)) Count("user", user.GetString());
        var risks = new HashSet<string>(StringComparer.Ordinal);
        foreach (var side in (ReadOnlySpan<string>)["request", "response"])
        {
            if (!record.TryGetProperty(side, out var direction) || direction.ValueKind != JsonValueKind.Object) continue;
            Count(side, direction.GetProperty("action").GetString());
            foreach (var detection in direction.GetProperty("detections").EnumerateArray()) risks.Add(detection.GetProperty("risk").GetString()!);
        }

        foreach (var risk in risks) Count("risk", risk);

        void Count(string name, string? word)
        {
            if (word is null) return;
            if (!counts.TryGetValue(name, out var tally)) counts[name] = tally = new SortedDictionary<string, long>(StringComparer.Ordinal);
            tally[word] = tally.GetValueOrDefault(word) + 1;
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
