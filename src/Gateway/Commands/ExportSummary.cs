using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Audit.Records;
using Gateway.Audit.Search;

namespace Gateway.Commands;

/// <summary>What an export comes to, for people: a page without scripts, and rows of a table.</summary>
internal sealed class ExportSummary
{
    /// <summary>First line of the table.</summary>
    public const string Header = "time,id,tenant,user,protocol,model,outcome,status,request_action,response_action,risks,produced_chars,delivered_chars,policy_epoch,lexicon,classifier,hash";

    private readonly SortedDictionary<string, long> _outcomes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _risks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _epochs = new(StringComparer.Ordinal);
    private DateTimeOffset? _first;
    private DateTimeOffset? _last;

    /// <summary>Records counted.</summary>
    public long Records { get; private set; }

    /// <summary>A row of the table.</summary>
    public static string Row(ExchangeRecord record)
    {
        var open = record.Opening;
        var values = new[]
        {
            Time(record.Time), record.Id, open?.Tenant, open?.User, open?.Protocol, open?.Model, record.Outcome,
            record.Closing?.Status?.ToString(CultureInfo.InvariantCulture), open?.Request.Action, record.Response?.Action, string.Join(' ', Risks(record)),
            record.Response?.ProducedChars?.ToString(CultureInfo.InvariantCulture), record.Response?.DeliveredChars?.ToString(CultureInfo.InvariantCulture),
            open?.PolicyEpoch, open?.LexiconVersion, open?.ModelVersion, record.Hash,
        };
        return string.Join(',', values.Select(Cell));
    }

    /// <summary>Counts a record.</summary>
    public void Count(ExchangeRecord record)
    {
        Records++;
        if (_first is null || record.Time < _first) _first = record.Time;
        if (_last is null || record.Time > _last) _last = record.Time;
        Add(_outcomes, record.Outcome);
        foreach (var risk in Risks(record)) Add(_risks, risk);
        if (record.Opening is { } open) Add(_epochs, $"{open.PolicyEpoch} (lexicon {open.LexiconVersion}, classifier {open.ModelVersion})");
    }

    /// <summary>The page.</summary>
    public string Html(RecordFilter filter, string purpose, DateTimeOffset now)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Audit export</title>")
            .Append("<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #999;padding:.2em .6em;text-align:left}</style></head><body>")
            .Append("<h1>Audit export</h1><p>").Append(Encode($"Made {Time(now)} for {purpose}. {Records} exchanges")).Append(_first is null ? "." : Encode($", from {Time(_first.Value)} to {Time(_last!.Value)}."))
            .Append("</p><h2>Asked for</h2><p>").Append(Encode(filter.ToString())).Append("</p>");
        Table(page, "How they ended", _outcomes);
        Table(page, "Risks found (exchanges)", _risks);
        Table(page, "Versions that decided", _epochs);
        return page.Append("<h2>How to check it</h2><p><code>gateway audit verify FOLDER --key FILE</code> checks every file, the hash of every entry, and for archived entries the way to the signed root of their segment. ")
            .Append("Without the program: a line of <code>entries.ndjson</code> is SHA-256 and JSON; a manifest's second line signs its first.</p></body></html>\n").ToString();
    }

    private static IEnumerable<string> Risks(ExchangeRecord record) => (record.Opening?.Request.Detections ?? [])
        .Concat(record.Response?.Detections ?? []).Select(detection => detection.Risk).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static void Table(StringBuilder page, string title, SortedDictionary<string, long> counts)
    {
        page.Append("<h2>").Append(Encode(title)).Append("</h2><table>");
        foreach (var (name, count) in counts) page.Append("<tr><td>").Append(Encode(name)).Append("</td><td>").Append(count).Append("</td></tr>");
        page.Append("</table>");
    }

    private static void Add(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

    private static string Encode(FormattableString text) => WebUtility.HtmlEncode(text.ToString(CultureInfo.InvariantCulture));

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A value in quotes; one that a spreadsheet would take for a formula is made harmless.</summary>
    private static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        if (value[0] is '=' or '+' or '-' or '@' or '\t' or '\r') value = "'" + value;
        return value.AsSpan().ContainsAny(",\"\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
