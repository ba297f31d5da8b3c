using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Journal, archive, Redis and keys as one: what commands and the admin listener read records through.</summary>
internal sealed class RecordPlaces : IDisposable
{
    private readonly Lazy<ObjectStore?> _archive;
    private readonly Lazy<RedisCommands?> _redis;
    private readonly Lazy<KeyStore> _keys;

    public RecordPlaces(AuditOptions options, TimeProvider clock)
    {
        Options = options;
        Clock = clock;
        _archive = new Lazy<ObjectStore?>(() => options.Archive is { Length: > 0 } place ? StorePlaces.Open(place, clock) : null);
        _redis = new Lazy<RedisCommands?>(() => options.Redis is { Length: > 0 } redis ? new RedisCommands(redis, "gateway-audit-read", clock) : null);
        _keys = new Lazy<KeyStore>(() => KeyStore.Open(options.KeysDirectory, Master, clock));
    }

    public AuditOptions Options { get; }

    public TimeProvider Clock { get; }

    /// <summary>Store of the archive; <see langword="null"/> where none is named.</summary>
    public ObjectStore? Archive => _archive.Value;

    /// <summary>The master key.</summary>
    public MasterKey Master => KeyAccess.Master(Options, mayMint: false);

    /// <summary>The key store.</summary>
    /// <exception cref="KeyStoreException">It cannot be opened.</exception>
    public KeyStore Keys => _keys.Value;

    /// <summary>A search over all places.</summary>
    /// <exception cref="AuditJournalException">There is nothing to search in.</exception>
    public RecordSearch Search()
    {
        var hasJournal = File.Exists(Path.Combine(Options.Directory, "instance"));
        if (!hasJournal && Archive is null && _redis.Value is null) JournalReader.RequireInstance(Options.Directory);
        var redis = _redis.Value;
        return new RecordSearch(
            Archive,
            hasJournal ? Options.Directory : null,
            redis is null ? null : (instance, after) => RedisEntries.AfterAsync(redis, instance, after),
            redis is null ? null : token => RedisEntries.InstancesAsync(redis, token));
    }

    /// <summary>Pseudonyms of a user: the text itself if it is one, else what the key store knows.</summary>
    public IReadOnlyList<string> PseudonymsOf(string user, string tenant) =>
        user.StartsWith("u_", StringComparison.Ordinal) && user.Length == 34 ? [user] : Keys.PseudonymsOf(tenant, user);

    /// <summary>Records in the chain what is about to be done with records; nothing may be done before it is durable.</summary>
    public Task RecordAsync(EventEntry happened, CancellationToken cancellationToken) =>
        EventInbox.RecordAsync(Options.Directory, happened, Clock, cancellationToken);

    /// <summary>The text of a direction in the clear; <see langword="null"/> where none is kept or its key is gone.</summary>
    public IReadOnlyList<KeptField>? Open(string id, string direction, SealedText? text) =>
        text is null ? null : EvidenceText.Open(Keys.FindByPseudonym(text.Subject), id, direction, text);

    /// <summary>All text of an exchange that can be read.</summary>
    public (IReadOnlyList<KeptField>? Request, IReadOnlyList<KeptField>? Response) Open(ExchangeRecord record) => (
        Open(record.Id, "request", record.Opening?.Request.Text ?? record.Closing?.Prompt),
        Open(record.Id, "response", record.Response?.Text));

    /// <summary>An event with a new id.</summary>
    public static EventEntry Event(string name, string actor, string? reason, string? subject = null, string? exchange = null, IReadOnlyDictionary<string, string>? facts = null) => new()
    {
        Id = "event-" + Guid.CreateVersion7().ToString(),
        Event = name,
        Actor = actor,
        Reason = reason,
        Subject = subject,
        Exchange = exchange,
        Facts = facts,
    };

    /// <summary>Writes a record with what can be read of its texts.</summary>
    public static void WriteEvident(Utf8JsonWriter writer, ExchangeRecord record, IReadOnlyList<KeptField>? request, IReadOnlyList<KeptField>? response)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("record");
        record.WriteTo(writer);
        WriteFields(writer, "requestText", request);
        WriteFields(writer, "responseText", response);
        writer.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter writer, string name, IReadOnlyList<KeptField>? fields)
    {
        if (fields is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        foreach (var field in fields)
        {
            writer.WriteStartObject();
            writer.WriteString("field", field.Field);
            writer.WriteString("text", field.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public void Dispose()
    {
        if (_archive.IsValueCreated) _archive.Value?.Dispose();
        if (_redis.IsValueCreated) _redis.Value?.Dispose();
        if (_keys.IsValueCreated) _keys.Value.Dispose();
    }
}
