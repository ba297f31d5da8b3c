using Gateway.Audit.Journal;

namespace Gateway.Audit.Stores;

/// <summary>A store in a directory of the file system.</summary>
public sealed class DirectoryStore : ObjectStore
{
    private readonly string _root;

    /// <summary>Opens a directory; it is made when the first object is written.</summary>
    /// <param name="root">The directory.</param>
    public DirectoryStore(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.GetFullPath(root);
    }

    /// <inheritdoc/>
    public override string Description => _root;

    /// <inheritdoc/>
    public override Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => Guarded(async () =>
    {
        var path = PathOf(name);
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        if (File.Exists(path))
        {
            if (!(await File.ReadAllBytesAsync(path, cancellationToken)).AsSpan().SequenceEqual(content.Span)) throw Taken(name);
            return 0;
        }

        // Whole or not at all: a name that exists is an object that is durable.
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
            DirectoryFlush.Flush(directory);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return 0;
    });

    /// <inheritdoc/>
    public override Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default) => Guarded(async () =>
    {
        var path = PathOf(name);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
    });

    /// <inheritdoc/>
    public override Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default) => Guarded(async () =>
    {
        var path = PathOf(name);
        if (!File.Exists(path)) return null;
        using var file = File.OpenHandle(path);
        var bytes = new byte[length];
        var read = 0;
        while (read < length)
        {
            var count = await RandomAccess.ReadAsync(file, bytes.AsMemory(read), offset + read, cancellationToken);
            if (count == 0) throw new ObjectStoreException($"{path} ends before byte {offset + length}: it was cut. Restore it from a copy.");
            read += count;
        }

        return bytes;
    });

    /// <inheritdoc/>
    public override Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default) => Guarded(() =>
    {
        // The last slash bounds the walk: what follows it is the beginning of a file's or folder's name.
        var slash = prefix.LastIndexOf('/');
        var folder = slash < 0 ? _root : PathOf(prefix[..slash]);
        IReadOnlyList<string> names = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_root, path).Replace('\\', '/'))
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !name.EndsWith(".part", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)]
            : [];
        return Task.FromResult(names);
    });

    /// <inheritdoc/>
    public override Task DeleteAsync(string name, CancellationToken cancellationToken = default) => Guarded(() =>
    {
        var path = PathOf(name);
        if (!File.Exists(path)) return Task.FromResult(0);
        File.Delete(path);
        DirectoryFlush.Flush(Path.GetDirectoryName(path)!);
        return Task.FromResult(0);
    });

    private string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Split('/').Any(part => part is "" or "." or "..") || Path.IsPathRooted(name)) throw new ArgumentException($"'{name}' is no name of an object.", nameof(name));
        return Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));
    }

    private async Task<T> Guarded<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ObjectStoreException($"{_root} could not be read or written: {exception.Message}", exception);
        }
    }
}
