using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Admin;

/// <summary>A call that somebody may make.</summary>
/// <param name="Context">The request.</param>
/// <param name="Actor">Name of the admin key, or of the person whom a token names.</param>
/// <param name="Role">Its role.</param>
/// <param name="Values">The values of the path's names.</param>
internal sealed record AdminCall(HttpContext Context, string Actor, string Role, IReadOnlyDictionary<string, string> Values)
{
    private const int UsualBytes = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A query parameter, <see langword="null"/> where it is absent or empty.</summary>
    public string? Query(string name) => Context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>The body as an object; <see langword="null"/> after an error was answered.</summary>
    public async Task<JsonObject?> BodyAsync()
    {
        try
        {
            if (await BytesAsync() is { } bytes && JsonNode.Parse(bytes.Span, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) is JsonObject body) return body;
        }
        catch (JsonException)
        {
            // Told below.
        }

        await FailAsync(400, "Send a JSON object.");
        return null;
    }

    /// <summary>The body's bytes; <see langword="null"/> where there are too many.</summary>
    public async Task<ReadOnlyMemory<byte>?> BytesAsync(int most = UsualBytes)
    {
        using var buffer = new MemoryStream();
        var block = new byte[16 * 1024];
        for (int read; (read = await Context.Request.Body.ReadAsync(block, Context.RequestAborted)) > 0;)
        {
            if (buffer.Length + read > most) return null;
            buffer.Write(block, 0, read);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>A text of a body.</summary>
    public static string? Text(JsonObject body, string name) => body.TryGetPropertyValue(name, out var value) && value is JsonValue text && text.TryGetValue(out string? said) && said.Length > 0 ? said : null;

    public Task AnswerAsync(JsonNode answer, int status = 200) => WriteAsync(Context, status, answer.ToJsonString(Readable));

    public Task FailAsync(int status, string message) => FailAsync(Context, status, message);

    public static Task FailAsync(HttpContext context, int status, string message) => WriteAsync(context, status, new JsonObject { ["error"] = message }.ToJsonString(Readable));

    private static Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}
