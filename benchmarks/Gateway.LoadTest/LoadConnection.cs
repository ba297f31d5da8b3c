using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.LoadTest;

/// <summary>One client in a closed loop: asks, reads the whole answer, checks it, asks again.</summary>
internal sealed class LoadConnection(Workload workload, int port, bool guarded, Func<long> nextNumber) : IDisposable
{
    private readonly byte[] _output = new byte[16 * 1024];
    private Socket? _socket;
    private HttpReader? _reader;

    /// <summary>Runs until the deadline, in <see cref="Stopwatch"/> ticks; what ends later is checked but not timed.</summary>
    public async Task<Tally> RunAsync(bool stream, long deadline, bool timed)
    {
        var tally = new Tally();
        while (Stopwatch.GetTimestamp() < deadline)
        {
            long number = nextNumber();
            try
            {
                await ConnectAsync();
                Template request = workload.RequestOf(number, stream);
                request.Write(number, _output);
                long sent = Stopwatch.GetTimestamp();
                await StubModelServer.SendAsync(_socket!, _output.AsMemory(0, request.Length));
                if (!await _reader!.ReadAsync()) throw new FormatException("The connection ended before the answer.");
                long read = Stopwatch.GetTimestamp();
                Check(tally, number, stream);
                if (!timed || read > deadline) continue;
                tally.Add(
                    Stopwatch.GetElapsedTime(sent, read).TotalMilliseconds,
                    _reader.Status == 200 ? Stopwatch.GetElapsedTime(sent, _reader.FirstBodyByteAt).TotalMilliseconds : null);
            }
            catch (Exception fault) when (fault is SocketException or FormatException)
            {
                tally.Count(Workload.PlantOf(number) != Plant.None, blocked: false);
                tally.AddFault($"Exchange {number}: {fault.Message}");
                Dispose();
            }
        }

        return tally;
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private async ValueTask ConnectAsync()
    {
        if (_socket is not null) return;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        (_socket, _reader) = (socket, new HttpReader(socket));
    }

    private void Check(Tally tally, long number, bool stream)
    {
        Answer answer = workload.AnswerOf(number);
        ReadOnlySpan<byte> body = _reader!.Body;
        Plant plant = Workload.PlantOf(number);
        bool whole = _reader.Status == 200 && (stream ? answer.StreamBody : answer.Body).Matches(number, body);
        bool blocked = !whole && IsRefusal(plant, stream, answer, body);
        tally.Count(plant != Plant.None, blocked);
        bool expected = guarded && plant != Plant.None ? blocked : whole;
        if (expected) return;
        tally.AddFault(
            $"Exchange {number} ({(stream ? "streamed" : "buffered")}, planted: {plant}): status {_reader.Status}, {body.Length} bytes, not {(guarded && plant != Plant.None ? "a refusal" : "the model server's own")}: "
            + Encoding.UTF8.GetString(body.Length > 600 ? body[^600..] : body));
    }

    private bool IsRefusal(Plant plant, bool stream, Answer answer, ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("content_filter"u8) < 0) return false;
        if (plant == Plant.Prompt) return _reader!.Status == 400;
        if (_reader!.Status != 200 || (answer.Term is { } term && body.IndexOf(term) >= 0)) return false;
        return !stream || body.EndsWith("data: [DONE]\n\n"u8);
    }
}
