using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.LoadTest;

/// <summary>Reads HTTP/1.1 messages, requests or answers, one after another from one socket, with next to no work of its own.</summary>
internal sealed class HttpReader(Socket socket)
{
    /// <summary>The header that tells the stub which exchange it answers; both proxies pass it on.</summary>
    public const string NumberHeader = "X-Bench";

    private readonly byte[] _buffer = new byte[128 * 1024];
    private byte[] _body = new byte[64 * 1024];
    private int _start, _end, _bodyLength;

    /// <summary>The answer's status; 0 for a request.</summary>
    public int Status { get; private set; }

    /// <summary>The number in <see cref="NumberHeader"/>, -1 without it.</summary>
    public long Number { get; private set; }

    /// <summary>The body without transfer coding.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>When the first byte of the body was there, in <see cref="Stopwatch"/> ticks.</summary>
    public long FirstBodyByteAt { get; private set; }

    /// <summary>Reads one whole message; false at the end of the connection.</summary>
    /// <exception cref="FormatException">It is no HTTP/1.1 message, or it ends too early.</exception>
    public async ValueTask<bool> ReadAsync()
    {
        (_bodyLength, FirstBodyByteAt) = (0, 0);
        int headEnd;
        while ((headEnd = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await FillAsync()) continue;
            return _start == _end ? false : throw new FormatException("The connection ended inside a head.");
        }

        long contentLength = ReadHead(_buffer.AsSpan(_start, headEnd));
        _start += headEnd + 4;
        if (contentLength >= 0) await ReadExactlyAsync((int)contentLength);
        else await ReadChunksAsync();
        return true;
    }

    // Returns the content length, or -1 for chunked coding.
    private long ReadHead(ReadOnlySpan<byte> head)
    {
        (Status, Number) = (0, -1);
        if (head.StartsWith("HTTP/1.1 "u8) && Utf8Parser.TryParse(head.Slice(9, 3), out int status, out _)) Status = status;
        long contentLength = 0;
        bool chunked = false;
        while (head.IndexOf("\r\n"u8) is var lineEnd and >= 0)
        {
            head = head[(lineEnd + 2)..];
            ReadOnlySpan<byte> line = head.IndexOf("\r\n"u8) is var end and >= 0 ? head[..end] : head;
            if (HasName(line, "content-length"u8)) contentLength = NumberIn(line, "content-length"u8.Length);
            else if (HasName(line, "x-bench"u8)) Number = NumberIn(line, "x-bench"u8.Length);
            else if (HasName(line, "transfer-encoding"u8)) chunked = true;
        }

        return chunked ? -1 : contentLength;
    }

    private static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && line[name.Length] == ':' && System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name);

    private static long NumberIn(ReadOnlySpan<byte> line, int nameLength) =>
        Utf8Parser.TryParse(line[(nameLength + 1)..].TrimStart((byte)' '), out long number, out _) ? number : throw new FormatException("A header is no number.");

    private async ValueTask ReadExactlyAsync(int count)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync()) throw new FormatException("The connection ended inside a body.");
            int taken = Math.Min(count, _end - _start);
            Append(_buffer.AsSpan(_start, taken));
            (_start, count) = (_start + taken, count - taken);
        }
    }

    private async ValueTask ReadChunksAsync()
    {
        while (true)
        {
            int lineEnd;
            while ((lineEnd = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                if (!await FillAsync()) throw new FormatException("The connection ended inside a chunk's head.");
            }

            if (!Utf8Parser.TryParse(_buffer.AsSpan(_start, lineEnd), out int size, out _, 'x')) throw new FormatException("A chunk has no size.");
            _start += lineEnd + 2;
            if (size > 0) await ReadExactlyAsync(size);
            while (_end - _start < 2)
            {
                if (!await FillAsync()) throw new FormatException("The connection ended after a chunk.");
            }

            _start += 2;
            if (size == 0) return;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (FirstBodyByteAt == 0) FirstBodyByteAt = Stopwatch.GetTimestamp();
        if (_bodyLength + bytes.Length > _body.Length) Array.Resize(ref _body, Math.Max(_body.Length * 2, _bodyLength + bytes.Length));
        bytes.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += bytes.Length;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start == _end) (_start, _end) = (0, 0);
        else if (_end == _buffer.Length)
        {
            if (_start == 0) throw new FormatException("A head is larger than the buffer.");
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int read = await socket.ReceiveAsync(_buffer.AsMemory(_end));
        _end += read;
        return read > 0;
    }
}
