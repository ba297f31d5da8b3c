namespace Gateway.Audit.Keys;

/// <summary>Files with secrets: for their owner alone, durable before anybody relies on them.</summary>
public static class PrivateFile
{
    /// <summary>Writes a new file.</summary>
    /// <param name="path">The file; must not exist.</param>
    /// <param name="content">What it holds.</param>
    /// <exception cref="KeyStoreException">It exists, or cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using var file = new FileStream(path, Options(FileMode.CreateNew));
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"The secret file {path} cannot be written: {exception.Message}", exception);
        }

        Journal.DirectoryFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Options for a file that only its owner may read.</summary>
    public static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
