namespace Gateway.Audit.Tests;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    // In memory where the system has a place for that: these tests open thousands of journals, and what they judge is
    // the order of operations, not the patience of a disk.
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    public TemporaryDirectory() =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(Root, "gateway-audit-" + Guid.NewGuid().ToString("N"))).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public TemporaryDirectory Copy()
    {
        var copy = new TemporaryDirectory();
        foreach (var file in Directory.EnumerateFiles(Path)) File.Copy(file, copy[System.IO.Path.GetFileName(file)]);
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
