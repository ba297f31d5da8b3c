using System.Globalization;
using System.Text.Json;
using Gateway.Audit.Records;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Seals;

/// <summary>
/// Copies of seals in a second place, one object each. Each covers everything before it, so one that could not be
/// brought is made good by the next.
/// </summary>
public sealed class AnchorBook
{
    private readonly ObjectStore _store;
    private readonly string _prefix;

    /// <summary>Opens the anchors of a journal.</summary>
    /// <param name="store">The place.</param>
    /// <param name="instance">Id of the journal.</param>
    public AnchorBook(ObjectStore store, string instance)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(instance);
        _store = store;
        _prefix = $"anchors/{instance}/";
    }

    /// <summary>Keeps a seal.</summary>
    /// <exception cref="ObjectStoreException">The place failed, or holds another seal of this number: the journal's key is used twice.</exception>
    public Task KeepAsync(SealEntry seal, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(seal);
        var name = _prefix + seal.Number.ToString("D12", CultureInfo.InvariantCulture) + ".json";
        return _store.PutAsync(name, JsonSerializer.SerializeToUtf8Bytes(seal, AuditJsonContext.Default.SealEntry), cancellationToken);
    }

    /// <summary>Reads what was kept, by number.</summary>
    /// <exception cref="ObjectStoreException">The place failed, or an anchor cannot be read.</exception>
    public async Task<IReadOnlyDictionary<long, SealEntry>> ReadAsync(CancellationToken cancellationToken = default)
    {
        var anchors = new SortedDictionary<long, SealEntry>();
        foreach (var name in await _store.ListAsync(_prefix, cancellationToken))
        {
            var bytes = await _store.GetAsync(name, cancellationToken);
            if (bytes is null) continue;
            try
            {
                if (JsonSerializer.Deserialize(bytes, AuditJsonContext.Default.SealEntry) is { } seal) anchors[seal.Number] = seal;
            }
            catch (JsonException exception)
            {
                throw new ObjectStoreException($"The anchor {name} in {_store.Description} cannot be read: it was altered.", exception);
            }
        }

        return anchors;
    }
}
