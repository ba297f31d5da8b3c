namespace Gateway.Audit.Stores;

/// <summary>
/// A place for whole files by name: a directory, a bucket. What archive and anchors need of one and no more. Names are
/// made of letters, digits, dots, hyphens and slashes. Nothing is ever overwritten.
/// </summary>
public abstract class ObjectStore : IDisposable
{
    /// <summary>Where it is, for messages.</summary>
    public abstract string Description { get; }

    /// <summary>Writes a new object, durable when the task completes. The same bytes under the same name count as written.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectStoreException">Another object has the name, or the store failed.</exception>
    public abstract Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Reads an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its bytes; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public abstract Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Reads a part of an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The bytes; <see langword="null"/> if there is no such object.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public abstract Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default);

    /// <summary>Names that begin with a text, in ordinal order.</summary>
    /// <param name="prefix">The text.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public abstract Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object; none is fine.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public abstract Task DeleteAsync(string name, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the store holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>The fault of a second, different object under a name.</summary>
    protected ObjectStoreException Taken(string name) => new(
        $"{Description} already holds another {name}. Nothing was overwritten: two writers share the place, or it was altered. Verify it and choose an empty place.");
}
