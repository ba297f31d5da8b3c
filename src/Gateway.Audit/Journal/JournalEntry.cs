using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Audit.Records;

namespace Gateway.Audit.Journal;

/// <summary>One entry as it stands in the journal.</summary>
/// <param name="sequence">Its number.</param>
/// <param name="hash">SHA-256 of <paramref name="json"/>, hex.</param>
/// <param name="json">The bytes the hash was made of.</param>
public sealed class JournalEntry(long sequence, string hash, ReadOnlyMemory<byte> json)
{
    /// <summary>Number of the entry, from 1.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>SHA-256 of <see cref="Json"/>, 64 lower-case hex digits.</summary>
    public string Hash { get; } = hash;

    /// <summary>The entry's JSON, exactly the bytes the hash was made of. UTF-8, one line.</summary>
    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>The entry's JSON as text.</summary>
    public string Text => Encoding.UTF8.GetString(Json.Span);

    /// <summary>Hash of the entry before; of the instance id for the first.</summary>
    public string PreviousHash => Encoding.UTF8.GetString(Header().PreviousHash);

    /// <summary>When the journal took it, UTC.</summary>
    public DateTimeOffset Time => DateTimeOffset.Parse(
        Encoding.UTF8.GetString(Header().Time), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>Its kind, one of <see cref="AuditKinds"/> or one of a later version.</summary>
    public string Kind => Encoding.UTF8.GetString(Header().Kind);

    /// <summary>Id of its exchange.</summary>
    public string ExchangeId => Encoding.UTF8.GetString(Header().Id);

    /// <summary>The entry as it was appended.</summary>
    /// <returns><see langword="null"/> for a kind this version does not know.</returns>
    /// <exception cref="AuditJournalException">It is not an entry of this format.</exception>
    public AuditEntry? Parse()
    {
        try
        {
            return Kind switch
            {
                AuditKinds.Open => JsonSerializer.Deserialize(Json.Span, AuditJsonContext.Default.OpenEntry),
                AuditKinds.Close => JsonSerializer.Deserialize(Json.Span, AuditJsonContext.Default.CloseEntry),
                AuditKinds.Delivery => JsonSerializer.Deserialize(Json.Span, AuditJsonContext.Default.DeliveryEntry),
                AuditKinds.Seal => JsonSerializer.Deserialize(Json.Span, AuditJsonContext.Default.SealEntry),
                AuditKinds.Event => JsonSerializer.Deserialize(Json.Span, AuditJsonContext.Default.EventEntry),
                _ => null,
            };
        }
        catch (JsonException exception)
        {
            throw new AuditJournalException($"Entry {Sequence} is not of this format: {exception.Message}", exception);
        }
    }

    private EntryHeader Header() => EntryHeader.TryRead(Json.Span, out var header)
        ? header
        : throw new AuditJournalException($"Entry {Sequence} is not of this format.");
}
