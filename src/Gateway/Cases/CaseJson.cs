using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Cases;

/// <summary>JSON in and out over HTTP, for cases and what is said about the service.</summary>
internal static class CaseJson
{
    private const int MostBytes = 32 * 1024;
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the body as one object.</summary>
    /// <returns>Its string and string-list members; <see langword="null"/> when it is no such object, or too large.</returns>
    public static async Task<JsonElement?> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            if (body.Length + read > MostBytes) return null;
            body.Write(buffer, 0, read);
        }

        try
        {
            using var document = JsonDocument.Parse(body.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member that is a text, trimmed; <see langword="null"/> when there is none.</summary>
    public static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Answers with an object.</summary>
    public static async Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> members)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        context.Response.ContentLength = buffer.Length;
        buffer.Position = 0;
        await buffer.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Answers with an error in the shape of OpenAI's: clients of the data listener know it.</summary>
    public static Task FailAsync(HttpContext context, int status, string code, string message) => AnswerAsync(context, status, json =>
    {
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", status >= 500 ? "server_error" : "invalid_request_error");
        json.WriteNull("param");
        json.WriteString("code", code);
        json.WriteEndObject();
    });

    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known) json.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }

    /// <summary>Members in order: texts, times, truths and numbers.</summary>
    public static void WriteAll(this Utf8JsonWriter json, params ReadOnlySpan<(string Name, object? Value)> members)
    {
        foreach (var (name, value) in members)
        {
            switch (value)
            {
                case DateTimeOffset time: json.WriteTime(name, time); break;
                case bool truth: json.WriteBoolean(name, truth); break;
                case int number: json.WriteNumber(name, number); break;
                default: json.WriteString(name, (string?)value); break;
            }
        }
    }

    /// <summary>An incident with its timers.</summary>
    public static void Write(this Utf8JsonWriter json, Incident incident, DateTimeOffset now) => json.WriteAll(
        ("id", incident.Id), ("title", incident.Title), ("severity", incident.Severity), ("found", incident.Found), ("report_due", incident.ReportDue), ("closing_due", incident.ClosingDue),
        ("reported", incident.Reported), ("closed", incident.Closed), ("summary", incident.Summary), ("overdue", incident.Overdue(now)));

    /// <summary>A complaint as people see it; its text is added by those who may.</summary>
    public static void Write(this Utf8JsonWriter json, Complaint complaint, DateTimeOffset now)
    {
        json.WriteAll(
            ("id", complaint.Id), ("request_id", complaint.Exchange), ("kind", complaint.Kind), ("category", complaint.Category), ("state", complaint.State), ("filed", complaint.Filed), ("due", complaint.Due),
            ("since", complaint.Since), ("overdue", complaint.IsOverdue(now)));
        if (complaint.Against is { } against) json.WriteString("against", against);
        if (complaint.Outcome is { } outcome) json.WriteString("outcome", outcome);
    }
}
