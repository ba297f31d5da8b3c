using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.LoadTest;

/// <summary>A model server that speaks at a steady pace: one piece an event, each event stamped with the time it was sent.</summary>
internal sealed class PacedModelServer : IAsyncDisposable
{
    public const int Tokens = 200, EventsPerSecond = 50;

    private static readonly string[] Words = [.. "The harbour wakes before the town does and the first boats leave while the lamps still burn along the quiet wall".Split(' ').Select(word => word + " ")];
    private static readonly byte[] Head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;
    private int _answers;

    public PacedModelServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Url = $"http://{_listener.LocalEndPoint}";
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    /// <summary>Answers begin in turn in each of the <see cref="Openings"/>; else all with the same sentence.</summary>
    public bool UsesOpenings { get; set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Socket connection = await _listener.AcceptAsync();
                connection.NoDelay = true;
                _ = ServeAsync(connection);
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            var reader = new HttpReader(connection);
            try
            {
                while (await reader.ReadAsync()) await SpeakAsync(connection, NextOpening());
            }
            catch (Exception fault) when (fault is SocketException or FormatException)
            {
                // The other side has left.
            }
        }
    }

    private string[] NextOpening() => UsesOpenings ? Openings.All[(Interlocked.Increment(ref _answers) & int.MaxValue) % Openings.All.Count] : [];

    private static async Task SpeakAsync(Socket connection, string[] opening)
    {
        long began = Stopwatch.GetTimestamp();
        await StubModelServer.SendAsync(connection, Head);
        for (int token = 0; token < Tokens; token++)
        {
            TimeSpan ahead = TimeSpan.FromSeconds((double)token / EventsPerSecond) - Stopwatch.GetElapsedTime(began);
            if (ahead > TimeSpan.Zero) await Task.Delay(ahead);
            string piece = token < opening.Length ? opening[token] : Words[(token - opening.Length) % Words.Length];
            await SendEventAsync(connection, string.Create(CultureInfo.InvariantCulture,
                $$"""data: {"id":"chatcmpl-paced","object":"chat.completion.chunk","created":{{Stopwatch.GetTimestamp()}},"model":"paced","choices":[{"index":0,"delta":{"content":"{{piece}}"},"finish_reason":null}]}"""));
        }

        await SendEventAsync(connection, """data: {"id":"chatcmpl-paced","object":"chat.completion.chunk","created":0,"model":"paced","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        await SendEventAsync(connection, "data: [DONE]");
        await StubModelServer.SendAsync(connection, "0\r\n\r\n"u8.ToArray());
    }

    private static ValueTask SendEventAsync(Socket connection, string line) => StubModelServer.SendAsync(connection, Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(line) + 2:x}\r\n{line}\n\n\r\n")));
}
