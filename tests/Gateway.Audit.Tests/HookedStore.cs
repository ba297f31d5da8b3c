using Gateway.Audit.Stores;

namespace Gateway.Audit.Tests;

/// <summary>A store in which something happens before objects are written.</summary>
internal sealed class HookedStore(ObjectStore store, Func<string, Task> beforePut) : ObjectStore
{
    public override string Description => store.Description;

    public override async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        await beforePut(name);
        await store.PutAsync(name, content, cancellationToken);
    }

    public override Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default) => store.GetAsync(name, cancellationToken);

    public override Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default) => store.GetAsync(name, offset, length, cancellationToken);

    public override Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default) => store.ListAsync(prefix, cancellationToken);

    public override Task DeleteAsync(string name, CancellationToken cancellationToken = default) => store.DeleteAsync(name, cancellationToken);
}
