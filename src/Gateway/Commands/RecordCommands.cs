using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary><c>gateway audit search</c> and <c>show</c>: records of archive, journal and Redis as one, and evidence for those who give a reason.</summary>
internal sealed class RecordCommands(RecordPlaces places, TextWriter output, TextWriter error)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Who is at the command line.</summary>
    public static string Actor => Environment.UserName is { Length: > 0 } user ? user : "unknown";

    /// <summary>Prints the exchanges that match, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="text">Only those whose readable evidence contains this.</param>
    /// <param name="reason">Why evidence is read.</param>
    /// <param name="asJson">One JSON object a line.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> SearchAsync(RecordFilter filter, int limit, string? text, string? reason, bool asJson, CancellationToken cancellationToken)
    {
        IReadOnlyList<FoundRecord> found;
        if (text is null) found = await places.Search().FindAsync(filter, limit, null, cancellationToken);
        else
        {
            await BreakGlassAsync(reason, null, cancellationToken);
            var containing = new List<FoundRecord>();
            await foreach (var each in places.Search().AllAsync(filter, cancellationToken))
            {
                if (Contains(each.Record, text)) containing.Add(each);
            }

            found = [.. containing.OrderByDescending(each => each.Record.Time).ThenByDescending(each => each.Record.Id, StringComparer.Ordinal).Take(limit)];
        }

        foreach (var each in found) await output.WriteLineAsync(asJson ? each.Record.ToJson() : $"{ExchangeText.Line(each.Record)}  [{each.Place}]");
        if (!asJson && found.Count == limit) await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"The newest {limit} are shown; narrow the search or raise --limit."));
        return AuditExit.Good;
    }

    /// <summary>Prints one exchange, with its evidence in the clear where that is asked for.</summary>
    public async Task<int> ShowAsync(string id, bool decrypts, string? reason, bool asJson, CancellationToken cancellationToken)
    {
        if (await places.Search().FindAsync(id, cancellationToken) is not { } found)
        {
            await error.WriteLineAsync($"There is no exchange {id} in {places.Options.Directory}.");
            return AuditExit.Bad;
        }

        if (decrypts) await BreakGlassAsync(reason, found.Record, cancellationToken);
        if (asJson) await output.WriteLineAsync(decrypts ? Evident(found.Record) : found.Record.ToJson());
        else
        {
            ExchangeText.Write(found.Record, output);
            if (decrypts) WriteEvidence(found.Record);
        }

        return AuditExit.Good;
    }

    /// <summary>Records that evidence will be read; without a reason nothing is.</summary>
    /// <exception cref="ConfigurationException">There is no reason.</exception>
    public async Task BreakGlassAsync(string? reason, ExchangeRecord? record, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new ConfigurationException("Reading evidence needs a reason: --reason TEXT. It is recorded.");
        _ = places.Keys;
        await places.RecordAsync(RecordPlaces.Event(AuditEvents.BreakGlass, Actor, reason, record?.Opening?.User, record?.Id), cancellationToken);
    }

    /// <summary>The record with what can be read of its texts.</summary>
    public string Evident(ExchangeRecord record)
    {
        var (request, response) = places.Open(record);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            RecordPlaces.WriteEvident(writer, record, request, response);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void WriteEvidence(ExchangeRecord record)
    {
        var (request, response) = places.Open(record);
        Write("prompt", request, record.Opening?.Request.Text ?? record.Closing?.Prompt);
        Write("answer", response, record.Response?.Text);

        void Write(string side, IReadOnlyList<KeptField>? fields, SealedText? text)
        {
            if (text is null) output.WriteLine($"evidence  {side}: none is kept");
            else if (fields is null) output.WriteLine($"evidence  {side}: cannot be read, its key is {places.Keys.StateOf(text.Subject).ToString().ToLowerInvariant()}");
            else foreach (var field in fields) output.WriteLine($"evidence  {side} {ExchangeText.Clean(field.Field)}: {ExchangeText.Clean(field.Text)}");
        }
    }

    private bool Contains(ExchangeRecord record, string text)
    {
        var (request, response) = places.Open(record);
        return (request ?? []).Concat(response ?? []).Any(field => field.Text.Contains(text, StringComparison.OrdinalIgnoreCase));
    }
}
