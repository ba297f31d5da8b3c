using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>
/// Records over HTTP, on the admin listener alone: <c>GET /audit/exchanges</c> with the filters of <c>audit search</c>, page by page, and
/// <c>GET /audit/exchanges/ID</c>. A viewer reads records; an auditor also reads evidence, with a reason that is recorded.
/// </summary>
internal sealed class AuditEndpoint(GatewayOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Where it answers.</summary>
    public const string Path = "/audit/exchanges";

    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly RecordPlaces _places = new(options.Audit, clock);

    /// <summary>Answers a request under <see cref="Path"/> of somebody who may make it.</summary>
    public async Task AnswerAsync(HttpContext context, string actor, string role)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "Records are only read here: GET.");
            return;
        }

        try
        {
            var id = context.Request.Path.Value![Path.Length..].Trim('/');
            if (id.Length > 0) await ShowAsync(context, actor, role, id);
            else await SearchAsync(context);
        }
        catch (ConfigurationException fault)
        {
            await ErrorAsync(context, StatusCodes.Status400BadRequest, fault.Message);
        }
        catch (Exception fault) when (fault is AuditJournalException or ObjectStoreException or AuditFormatException or KeyStoreException)
        {
            await ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, fault.Message);
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task SearchAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var filter = RecordQuery.Read(name => query.TryGetValue(name, out var value) ? value.ToString() : null, _places);
        var limit = query.TryGetValue("limit", out var text)
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= MaxLimit
                ? number
                : throw new ConfigurationException($"limit is '{text}', but must be a number from 1 to {MaxLimit}.")
            : DefaultLimit;
        var found = await _places.Search().FindAsync(filter, limit + 1, Cursor(query["cursor"]), context.RequestAborted);
        await WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items");
            foreach (var each in found.Take(limit)) each.Record.WriteTo(writer);
            writer.WriteEndArray();
            if (found.Count > limit) writer.WriteString("next", string.Create(CultureInfo.InvariantCulture, $"{found[limit - 1].Record.Time.UtcTicks}~{found[limit - 1].Record.Id}"));
            else writer.WriteNull("next");
            writer.WriteEndObject();
        });
    }

    private async Task ShowAsync(HttpContext context, string actor, string role, string id)
    {
        if (await _places.Search().FindAsync(id, context.RequestAborted) is not { } found)
        {
            await ErrorAsync(context, StatusCodes.Status404NotFound, "There is no such exchange.");
            return;
        }

        if (!string.Equals(context.Request.Query["decrypt"], "true", StringComparison.OrdinalIgnoreCase))
        {
            await WriteAsync(context, found.Record.WriteTo);
            return;
        }

        if (!AdminRoles.Reading.Contains(role, StringComparer.Ordinal))
        {
            await ErrorAsync(context, StatusCodes.Status403Forbidden, "Evidence in the clear is for the roles auditor and admin.");
            return;
        }

        var reason = context.Request.Query["reason"].ToString();
        if (string.IsNullOrWhiteSpace(reason)) throw new ConfigurationException("Reading evidence needs a reason: reason=TEXT. It is recorded.");
        await _places.RecordAsync(RecordPlaces.Event(AuditEvents.BreakGlass, actor, reason, found.Record.Opening?.User, id), context.RequestAborted);
        var (request, response) = _places.Open(found.Record);
        await WriteAsync(context, writer => RecordPlaces.WriteEvident(writer, found.Record, request, response));
    }

    private static (DateTimeOffset Time, string Id)? Cursor(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor)) return null;
        var at = cursor.IndexOf('~', StringComparison.Ordinal);
        return at > 0 && long.TryParse(cursor.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), cursor[(at + 1)..])
            : throw new ConfigurationException("cursor is not one that a page gave.");
    }

    private static Task ErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("error", message);
            writer.WriteEndObject();
        });
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        using var buffer = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(buffer, Readable)) write(writer);
        buffer.Position = 0;
        await buffer.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
