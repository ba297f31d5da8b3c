using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>A model server that answers with exact bytes, whether or not they are good HTTP, and hangs up.</summary>
public sealed class RawModelServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Task _serving;

    public RawModelServer()
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}");
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    /// <summary>What the next callers get.</summary>
    public byte[] Answer { get; set; } = [];

    /// <summary>Everything that arrived, head and body, a character a byte.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var socket = await _listener.AcceptSocketAsync(_stop.Token);
            try
            {
                await ReadRequestAsync(socket);
                await socket.SendAsync(Answer, _stop.Token);
                socket.Shutdown(SocketShutdown.Send);
                while (await socket.ReceiveAsync(new byte[4096], _stop.Token) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // The gateway did not want to hear the rest.
            }
        }
    }

    private async Task ReadRequestAsync(Socket socket)
    {
        var request = new StringBuilder();
        var buffer = new byte[65_536];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, _stop.Token);
            if (count == 0) return;
            request.Append(Encoding.Latin1.GetString(buffer, 0, count));
            var text = request.ToString();
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            const string Length = "content-length:";
            var line = Array.Find(text[..end].Split("\r\n"), header => header.StartsWith(Length, StringComparison.OrdinalIgnoreCase));
            if (line is not null && text.Length < end + 4 + int.Parse(line[Length.Length..], CultureInfo.InvariantCulture)) continue;
            _requests.Enqueue(text);
            return;
        }
    }
}
