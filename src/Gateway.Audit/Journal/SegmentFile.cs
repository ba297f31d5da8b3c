using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit.Journal;

/// <summary>The file the journal appends to. Virtual so that tests can make the disk fail; nothing else derives from it.</summary>
internal class SegmentFile : IDisposable
{
    private readonly SafeFileHandle _file;

    /// <summary>Opens or creates a segment; the next write goes to <paramref name="length"/>.</summary>
    public SegmentFile(string path, long length)
    {
        Path = path;
        Length = length;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Bytes written, durable or not.</summary>
    public long Length { get; private set; }

    /// <summary>Writes at the end.</summary>
    /// <exception cref="IOException">The disk failed; how much was written is not known.</exception>
    public virtual void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Makes everything written durable.</summary>
    /// <exception cref="IOException">The disk failed; what is durable is not known.</exception>
    public virtual void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Cuts the file.</summary>
    public virtual void Truncate(long length)
    {
        RandomAccess.SetLength(_file, length);
        Length = length;
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
        if (disposing) _file.Dispose();
    }
}
