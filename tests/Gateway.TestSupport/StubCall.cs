using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.TestSupport;

/// <summary>One request that a script is answering.</summary>
public sealed class StubCall
{
    private readonly HttpContext _context;
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal StubCall(HttpContext context, StubRequest request)
    {
        _context = context;
        Request = request;
        context.RequestAborted.Register(() => _cancelled.TrySetResult());
    }

    public StubRequest Request { get; }

    public HttpResponse Response => _context.Response;

    /// <summary>Completes when the caller (the gateway) has hung up before the answer was complete.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>Sends the headers of an event stream.</summary>
    public async Task StartStreamAsync(string contentType = "text/event-stream")
    {
        Response.ContentType = contentType;
        await Response.StartAsync();
        await Response.Body.FlushAsync();
    }

    /// <summary>Sends bytes and flushes them. Does nothing once the caller has hung up.</summary>
    public async Task WriteAsync(byte[] bytes)
    {
        if (_context.RequestAborted.IsCancellationRequested) return;
        await Response.Body.WriteAsync(bytes);
        await Response.Body.FlushAsync();
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(ChatEvents stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        foreach (var frame in stream.Frames) await WriteAsync(frame);
    }

    /// <summary>Sends bytes and waits until the gateway has read them, so that they are one read and the next bytes another.</summary>
    public async Task DeliverAsync(byte[] bytes)
    {
        await WriteAsync(bytes);
        if (_context.Features.Get<IConnectionSocketFeature>()?.Socket is { Connected: true } socket) await ReceiveQueue.DrainedAsync(socket);
    }

    /// <summary>Breaks the connection. What was sent before has been read: a reset would otherwise take it away.</summary>
    public async Task AbortAsync()
    {
        if (Response.HasStarted) await DeliverAsync([]);
        _context.Abort();
    }

    /// <summary>A whole answer of a given length.</summary>
    public async Task AnswerAsync(byte[] body, int status = 200, string? contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        Response.StatusCode = status;
        Response.ContentType = contentType;
        Response.ContentLength = body.Length;
        await Response.Body.WriteAsync(body);
    }

    /// <summary>Sends a final status line of its own wording.</summary>
    public void ReasonPhrase(string phrase) => _context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = phrase;
}
