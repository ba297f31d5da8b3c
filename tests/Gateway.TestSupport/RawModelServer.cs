using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>
/// A model server that writes its event streams on the bare socket, piece by piece, and sends a piece only after the
/// gateway has read the one before: what Kestrel or the kernel would join stays cut. Connections are kept alive.
/// </summary>
public sealed class RawModelServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<byte[]>> _answers = new(StringComparer.Ordinal);
    private Task _accepting = Task.CompletedTask;
    private int _next;

    private RawModelServer()
    {
    }

    public Uri Address { get; private set; } = null!;

    public static RawModelServer Start()
    {
        var server = new RawModelServer();
        server._listener.Start();
        server.Address = new Uri($"http://127.0.0.1:{((IPEndPoint)server._listener.LocalEndpoint).Port}");
        server._accepting = server.AcceptAsync();
        return server;
    }

    /// <summary>Registers the pieces of an event stream; the id goes into the request's script header.</summary>
    public string Stream(IReadOnlyList<byte[]> pieces)
    {
        var id = $"raw-{Interlocked.Increment(ref _next)}";
        _answers[id] = pieces;
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                serving.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                while (await ReadRequestAsync(socket) is { } id) await AnswerAsync(socket, _answers[id]);
            }
            catch (Exception broken) when (broken is OperationCanceledException or SocketException or IOException)
            {
                // The gateway hung up, as it does after a block.
            }
        }
    }

    private async Task AnswerAsync(Socket socket, IReadOnlyList<byte[]> pieces)
    {
        await SendAsync(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        foreach (var piece in pieces)
        {
            // A chunk a piece: its bytes leave in one packet and are read before the next packet leaves.
            var head = Encoding.ASCII.GetBytes(piece.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            await SendAsync(socket, [.. head, .. piece, .. "\r\n"u8]);
        }

        await SendAsync(socket, "0\r\n\r\n"u8.ToArray());
    }

    private async Task SendAsync(Socket socket, byte[] bytes)
    {
        await socket.SendAsync(bytes, _stop.Token);
        await ReceiveQueue.DrainedAsync(socket);
    }

    /// <summary>Reads one request to its end; null when the peer closed.</summary>
    private async Task<string?> ReadRequestAsync(Socket socket)
    {
        var received = new List<byte>();
        var buffer = new byte[65_536];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, _stop.Token);
            if (count == 0) return null;
            received.AddRange(buffer.AsSpan(0, count));
            var text = Encoding.Latin1.GetString([.. received]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var head = text[..end];
            var length = Header(head, "content-length");
            var complete = length is null
                ? text.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
                : text.Length >= end + 4 + int.Parse(length, CultureInfo.InvariantCulture);
            if (complete) return Header(head, StubModelServer.ScriptHeader.ToLowerInvariant());
        }
    }

    private static string? Header(string head, string name) => head.Split("\r\n")
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();
}
