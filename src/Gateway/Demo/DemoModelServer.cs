using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Demo;

/// <summary>
/// A stand-in for a model server, so that the gateway can be tried without one: OpenAI Chat Completions with canned
/// answers, streamed and not. A prompt that contains <c>stream-block</c> is answered with a text that has a blocked word in
/// its middle; everything else gets a harmless answer. Listens on a loopback port of its own.
/// </summary>
internal sealed class DemoModelServer : IAsyncDisposable
{
    /// <summary>The prompt word that asks for the answer with a blocked word.</summary>
    public const string BlockedAnswerWord = "stream-block";

    private const string Harmless =
        "Hello! This is the demo model server. 你好！这是一个演示用的模型服务。Ask me to \"stream-block\" and the gateway will cut my answer in mid-stream.";

    /// <summary>The answer that is cut: it holds a block term of the starter lexicon.</summary>
    internal const string Blocked =
        "Here is the beginning of an answer that is fine. 这里是正常的开头部分。And now it goes wrong: 冰毒制作教程 is what nobody may read, and this never arrives.";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly WebApplication _application;

    private DemoModelServer(WebApplication application) => _application = application;

    /// <summary>Where it listens.</summary>
    public string Address => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts a server. Done before the gateway is built: its routes need the address.</summary>
    /// <param name="urls">Where to listen; port 0 takes a free one.</param>
    public static DemoModelServer Start(string urls = "http://127.0.0.1:0")
    {
        var application = Build(urls);
        application.Start();
        return new DemoModelServer(application);
    }

    /// <summary>Waits until the process is told to stop.</summary>
    public Task WaitForShutdownAsync() => _application.WaitForShutdownAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static WebApplication Build(string urls)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(urls);
        var application = builder.Build();
        application.MapPost("/v1/chat/completions", CompleteAsync);
        application.MapGet("/v1/models", static context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("""{"object":"list","data":[{"id":"demo","object":"model","created":0,"owned_by":"gateway"}]}""");
        });
        return application;
    }

    private static async Task CompleteAsync(HttpContext context)
    {
        using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var root = request.RootElement;
        var answer = root.GetProperty("messages").ToString().Contains(BlockedAnswerWord, StringComparison.OrdinalIgnoreCase) ? Blocked : Harmless;
        if (root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True) await StreamAsync(context, answer);
        else await AnswerAsync(context, answer);
    }

    private static async Task AnswerAsync(HttpContext context, string answer)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Json("chat.completion", json =>
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", answer);
            json.WriteEndObject();
            json.WriteString("finish_reason", "stop");
        }), context.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext context, string answer)
    {
        context.Response.ContentType = "text/event-stream";
        await SendAsync(context, json => json.WriteString("role", "assistant"), null);
        for (var i = 0; i < answer.Length; i += 4)
        {
            var piece = answer.Substring(i, Math.Min(4, answer.Length - i));
            await SendAsync(context, json => json.WriteString("content", piece), null);
            await Task.Delay(TimeSpan.FromMilliseconds(10), context.RequestAborted);
        }

        await SendAsync(context, static _ => { }, "stop");
        await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
    }

    private static async Task SendAsync(HttpContext context, Action<Utf8JsonWriter> delta, string? finishReason)
    {
        var data = Json("chat.completion.chunk", json =>
        {
            json.WriteStartObject("delta");
            delta(json);
            json.WriteEndObject();
            json.WriteString("finish_reason", finishReason);
        });
        await context.Response.WriteAsync($"data: {Encoding.UTF8.GetString(data.Span)}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static ReadOnlyMemory<byte> Json(string kind, Action<Utf8JsonWriter> choice)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            json.WriteStartObject();
            json.WriteString("id", "chatcmpl-demo");
            json.WriteString("object", kind);
            json.WriteNumber("created", 1_700_000_000);
            json.WriteString("model", "demo");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            choice(json);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }
}
