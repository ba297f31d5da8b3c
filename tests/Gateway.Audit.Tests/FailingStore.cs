using Gateway.Audit.Stores;

namespace Gateway.Audit.Tests;

/// <summary>A directory whose Nth operation fails, and all after it or only that one.</summary>
internal sealed class FailingStore(string root, int failAt, bool once = false) : ObjectStore
{
    private readonly DirectoryStore _store = new(root);
    private int _operations;

    public override string Description => root;

    public override Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        Guard(() => _store.PutAsync(name, content, cancellationToken));

    public override Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default) => Guard(() => _store.GetAsync(name, cancellationToken));

    public override Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default) =>
        Guard(() => _store.GetAsync(name, offset, length, cancellationToken));

    public override Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default) => Guard(() => _store.ListAsync(prefix, cancellationToken));

    public override Task DeleteAsync(string name, CancellationToken cancellationToken = default) => Guard(() => _store.DeleteAsync(name, cancellationToken));

    private T Guard<T>(Func<T> work)
        where T : Task
    {
        var operation = Interlocked.Increment(ref _operations);
        if (operation == failAt || (operation > failAt && !once)) throw new ObjectStoreException($"operation {operation} failed");
        return work();
    }
}
