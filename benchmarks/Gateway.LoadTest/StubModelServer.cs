using System.Net;
using System.Net.Sockets;

namespace Gateway.LoadTest;

/// <summary>A model server that costs almost nothing: answers are rendered in advance, only the number is written in.</summary>
internal sealed class StubModelServer : IAsyncDisposable
{
    private readonly Workload _workload;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;
    private long _guardedFrom = long.MaxValue;
    private int _leaked;

    public StubModelServer(Workload workload)
    {
        _workload = workload;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Url = $"http://{_listener.LocalEndPoint}";
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    /// <summary>How many planted prompts with a number from <see cref="GuardFrom"/> on came through: each is a failure of the gateway.</summary>
    public int Leaked => Volatile.Read(ref _leaked);

    /// <summary>From this number on requests come through the gateway.</summary>
    public void GuardFrom(long number) => _guardedFrom = number;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await _listener.AcceptAsync();
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            connection.NoDelay = true;
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            var reader = new HttpReader(connection);
            byte[] output = new byte[16 * 1024];
            try
            {
                while (await reader.ReadAsync())
                {
                    long number = Math.Max(reader.Number, 0); // A readiness probe has none.
                    if (number >= _guardedFrom && Workload.PlantOf(number) == Plant.Prompt) Interlocked.Increment(ref _leaked);
                    Answer answer = _workload.AnswerOf(number);
                    bool stream = reader.Body.StartsWith("{\"stream\":true"u8);
                    Template first = stream ? answer.FirstWrite : answer.Response;
                    first.Write(number, output);
                    await SendAsync(connection, output.AsMemory(0, first.Length));
                    if (!stream) continue;
                    foreach (ReadOnlyMemory<byte> write in answer.LaterWrites) await SendAsync(connection, write);
                }
            }
            catch (SocketException)
            {
                // A proxy that has blocked an answer leaves in mid-stream.
            }
            catch (FormatException)
            {
                // The same, while a request was on its way.
            }
        }
    }

    internal static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes)..];
    }
}
