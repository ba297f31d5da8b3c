using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit.Journal;

/// <summary>
/// Complete lines of a file, in order, in memory that does not grow with the file. At the end of the data it can be
/// asked again: a journal that is being written grows. Zero bytes are the writer's preparation, no data: the scanner stops
/// before a line that holds one and looks at the file anew when asked again.
/// </summary>
internal sealed class LineScanner : IDisposable
{
    private const int InitialBuffer = 256 * 1024;
    private const int MaxRest = 128 * 1024 * 1024;

    private readonly SafeFileHandle _file;
    private byte[] _buffer = new byte[InitialBuffer];
    private int _start;
    private int _searched;
    private int _end;
    private long _fileOffset;

    /// <summary>Opens a file that another may be writing.</summary>
    public LineScanner(string path) =>
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);

    /// <summary>Number of the line last read, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Byte offset of the line last read.</summary>
    public long Offset { get; private set; }

    /// <summary>Byte offset just past the line last read, where the next one begins.</summary>
    public long NextOffset => _fileOffset - (_end - _start);

    /// <summary>
    /// Bytes after the last complete line up to the end of the file, zero bytes at the end left out, once
    /// <see cref="TryRead"/> has answered <see langword="false"/>. The scanner stays where it is.
    /// </summary>
    /// <returns>The bytes; <see langword="null"/> when there are more than a segment can have by itself.</returns>
    public byte[]? ReadRest()
    {
        var length = RandomAccess.GetLength(_file) - NextOffset;
        if (length > MaxRest) return null;
        var rest = new byte[Math.Max(0, length)];
        var read = 0;
        while (read < rest.Length)
        {
            var count = RandomAccess.Read(_file, rest.AsSpan(read), NextOffset + read);
            if (count == 0) break;
            read += count;
        }

        return rest.AsSpan(0, read).TrimEnd((byte)0).ToArray();
    }

    /// <summary>True when a line exceeded <see cref="JournalLine.MaxLength"/>; nothing more is read then.</summary>
    public bool IsLineTooLong { get; private set; }

    /// <summary>Reads the next complete line, without its line feed; valid until the next call.</summary>
    /// <returns><see langword="false"/> if no complete line is there (yet).</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var looked = false;
        while (true)
        {
            // 1. A whole line. With a zero byte in it, it was read while it was being written (pages arrive in any order):
            //    one fresh look; what still holds one then was altered, and its hash will tell.
            var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var lineEnd = _searched + length;
                line = _buffer.AsSpan(_start, lineEnd - _start);
                if (!looked && line.Contains((byte)0))
                {
                    looked = true;
                    Forget();
                    Fill();
                    continue;
                }

                Offset = NextOffset;
                Line++;
                _start = _searched = lineEnd + 1;
                return true;
            }

            // 2. Prepared bytes: the end of the data, unless it was written since it was read ahead.
            if (_buffer.AsSpan(_searched, _end - _searched).Contains((byte)0))
            {
                Forget();
                if (!looked)
                {
                    looked = true;
                    if (Fill()) continue;
                }

                Forget();
                line = default;
                return false;
            }

            // 3. More of the file.
            _searched = _end;
            if (Fill()) continue;
            line = default;
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Drops what was read ahead; the next look goes to the file, at the beginning of the line.</summary>
    private void Forget()
    {
        _fileOffset = NextOffset;
        _start = _searched = _end = 0;
    }

    private bool Fill()
    {
        if (_end == _buffer.Length && !MakeRoom()) return false;
        var read = RandomAccess.Read(_file, _buffer.AsSpan(_end), _fileOffset);
        _end += read;
        _fileOffset += read;
        return read > 0;
    }

    private bool MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _searched -= _start;
            _start = 0;
            return true;
        }

        if (_buffer.Length >= JournalLine.MaxLength)
        {
            IsLineTooLong = true;
            return false;
        }

        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, JournalLine.MaxLength));
        return true;
    }
}
