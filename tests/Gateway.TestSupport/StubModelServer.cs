using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.TestSupport;

/// <summary>
/// A model server on loopback whose every answer a test writes: real HTTP, no clock. A request is matched to a script
/// by a header or by the script's id in its body; without a match it gets the fallback answer.
/// </summary>
public sealed class StubModelServer : IAsyncDisposable
{
    public const string ScriptHeader = "X-Test-Script";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, StubScript> _scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<StubRequest> _requests = new();
    private int _next;

    private StubModelServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    public int Port => Address.Port;

    /// <summary>Everything that arrived.</summary>
    public IReadOnlyList<StubRequest> Requests => [.. _requests];

    /// <summary>The answer to requests that name no script.</summary>
    public Func<StubCall, Task> Fallback { get; set; } = static call => call.AnswerAsync(ChatTranscripts.Answer("A harmless answer."));

    public static async Task<StubModelServer> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseSockets(options =>
        {
            // A flush completes when the kernel has the bytes; only then can it be seen whether the gateway has read them.
            options.MaxWriteBufferSize = 1;
        }).ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, port);
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var server = new StubModelServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Urls.Single());
        return server;
    }

    /// <summary>Registers an answer.</summary>
    public StubScript Script(Func<StubCall, Task> answer)
    {
        var script = new StubScript($"script-{Interlocked.Increment(ref _next):000000}", answer);
        _scripts[script.Id] = script;
        return script;
    }

    /// <summary>Answers with a JSON body.</summary>
    public StubScript Json(byte[] body, int status = 200) => Script(call => call.AnswerAsync(body, status));

    /// <summary>Answers with an event stream, a write for each piece.</summary>
    public StubScript Stream(IReadOnlyList<byte[]> pieces) => Script(async call =>
    {
        await call.StartStreamAsync();
        foreach (var piece in pieces) await call.WriteAsync(piece);
    });

    /// <summary>Answers with an event stream that the gateway reads piece by piece, as cut here.</summary>
    public StubScript Cut(IReadOnlyList<byte[]> pieces, string contentType = "text/event-stream") => Script(async call =>
    {
        await call.StartStreamAsync(contentType);
        await call.DeliverAsync([]);
        foreach (var piece in pieces) await call.DeliverAsync(piece);
    });

    public StubScript Stream(ChatEvents stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Stream(stream.Frames);
    }

    /// <summary>Accepts the request and never answers.</summary>
    public StubScript Never() => Script(call => call.Cancelled);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = new StubRequest(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(pair => pair.Key.ToLowerInvariant(), pair => pair.Value.ToString()),
            body.ToArray());
        _requests.Enqueue(request);
        var call = new StubCall(context, request);
        var script = Find(request);
        script?.Record(call);
        try
        {
            await (script?.Answer ?? Fallback)(call);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The gateway hung up while the script was writing: what scripts observe through Cancelled.
        }
    }

    private StubScript? Find(StubRequest request)
    {
        if (request.Headers.TryGetValue(ScriptHeader.ToLowerInvariant(), out var id)) return _scripts.GetValueOrDefault(id);
        var start = request.Body.AsSpan().IndexOf("script-"u8);
        return start >= 0 && start + 13 <= request.Body.Length
            ? _scripts.GetValueOrDefault(Encoding.UTF8.GetString(request.Body, start, 13))
            : null;
    }
}
