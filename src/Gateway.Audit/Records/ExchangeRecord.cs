using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Audit.Journal;

namespace Gateway.Audit.Records;

/// <summary>The record of one exchange: its entries folded into one.</summary>
public sealed record ExchangeRecord
{
    /// <summary>Id of the exchange.</summary>
    public required string Id { get; init; }

    /// <summary>Number of the close entry; of the open entry while the exchange is open.</summary>
    public required long Sequence { get; init; }

    /// <summary>Link of that entry to the one before, hex.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>Hash of that entry, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>When the exchange was opened; when closed, if its open is not in the journal.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>When it was closed; <see langword="null"/> while it is open.</summary>
    public DateTimeOffset? Closed { get; init; }

    /// <summary>What the open entry says; <see langword="null"/> if it is not in the journal.</summary>
    public OpenEntry? Opening { get; init; }

    /// <summary>What the close entry says; <see langword="null"/> while the exchange is open.</summary>
    public CloseEntry? Closing { get; init; }

    /// <summary>What the close says about the answer, with what was delivered lowered to what a later entry says.</summary>
    public DirectionRecord? Response { get; init; }

    /// <summary>Why less was delivered than the close said; <see langword="null"/> where that is not so.</summary>
    public string? DeliveryReason { get; init; }

    /// <summary>How it ended, one of <see cref="AuditOutcomes"/>; <see cref="AuditOutcomes.Open"/> without a close.</summary>
    public string Outcome => Closing?.Outcome ?? AuditOutcomes.Open;

    /// <summary>The entries in order, also those of kinds this version does not know.</summary>
    public required IReadOnlyList<EntryReference> Entries { get; init; }

    /// <summary>Folds the entries of one exchange.</summary>
    /// <param name="entries">Its entries in order, at least one.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="AuditJournalException">One of them is not of this format.</exception>
    public static ExchangeRecord Fold(IEnumerable<JournalEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        JournalEntry? openAt = null, closeAt = null, first = null;
        OpenEntry? open = null;
        CloseEntry? close = null;
        DeliveryEntry? delivery = null;
        var references = new List<EntryReference>();
        foreach (var entry in entries)
        {
            first ??= entry;
            references.Add(new EntryReference(entry.Sequence, entry.Kind, entry.Hash));
            switch (entry.Parse())
            {
                case OpenEntry parsed: (open, openAt) = (parsed, entry); break;
                case CloseEntry parsed: (close, closeAt) = (parsed, entry); break;
                case DeliveryEntry parsed when delivery is null || parsed.DeliveredChars < delivery.DeliveredChars: delivery = parsed; break;
            }
        }

        if (first is null) throw new ArgumentException("An exchange has at least one entry.", nameof(entries));
        var stand = closeAt ?? openAt ?? first;
        return new ExchangeRecord
        {
            Id = stand.ExchangeId,
            Sequence = stand.Sequence,
            PreviousHash = stand.PreviousHash,
            Hash = stand.Hash,
            Time = (openAt ?? stand).Time,
            Closed = closeAt?.Time,
            Opening = open,
            Closing = close,
            Response = Lower(close?.Response, delivery),
            DeliveryReason = delivery?.Reason,
            Entries = references,
        };
    }

    /// <summary>
    /// Writes the record as one JSON object. The members of the contract are always there, <c>null</c> where the value is
    /// not known; further members only where they have a value.
    /// </summary>
    /// <param name="writer">Where to.</param>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, AuditEntry.CurrentSchema);
        writer.WriteString("id"u8, Id);
        writer.WriteNumber("seq"u8, Sequence);
        WriteTime(writer, "time", Time);
        if (Closed is { } closed) WriteTime(writer, "closed", closed);
        writer.WriteString("protocol"u8, Opening?.Protocol);
        WriteOptional(writer, "operation", Opening?.Operation);
        WriteOptional(writer, "method", Opening?.Method);
        WriteOptional(writer, "path", Opening?.Path);
        writer.WriteString("model"u8, Opening?.Model);
        if (Opening is not null) writer.WriteBoolean("stream"u8, Opening.Stream);
        WriteOptional(writer, "tenant", Opening?.Tenant);
        WriteOptional(writer, "user", Opening?.User);
        if (Opening is not null) writer.WriteBoolean("trainingUse"u8, Opening.TrainingUse);
        if (Opening?.RetentionMonths is { } months) writer.WriteNumber("retentionMonths"u8, months);
        writer.WriteString("outcome"u8, Outcome);
        WriteNumber(writer, "status", Closing?.Status);
        WriteOptional(writer, "fault", Closing?.Fault);
        WriteOptional(writer, "upstream", Closing?.Upstream);
        WriteOptional(writer, "policy", Opening?.Policy);
        writer.WriteString("policyEpoch"u8, Opening?.PolicyEpoch);
        WriteOptional(writer, "lexiconVersion", Opening?.LexiconVersion);
        WriteOptional(writer, "modelVersion", Opening?.ModelVersion);
        WriteOptional(writer, "folderVersion", Opening?.FolderVersion);
        WriteDirection(writer, "request", Opening?.Request, isResponse: false);
        WriteDirection(writer, "response", Response, isResponse: true);
        if (Closing?.Prompt is { } prompt)
        {
            writer.WritePropertyName("prompt"u8);
            JsonSerializer.Serialize(writer, prompt, AuditJsonContext.Default.SealedText);
        }

        if (Closing?.Candidate is { } candidate)
        {
            writer.WritePropertyName("candidate"u8);
            JsonSerializer.Serialize(writer, candidate, AuditJsonContext.Default.CandidateRecord);
        }

        if (Closing?.Shadow is { } shadow)
        {
            writer.WritePropertyName("shadow"u8);
            JsonSerializer.Serialize(writer, shadow, AuditJsonContext.Default.ShadowRecord);
        }

        if (Closing?.Label is { } label)
        {
            writer.WritePropertyName("label"u8);
            JsonSerializer.Serialize(writer, label, AuditJsonContext.Default.LabelRecord);
        }

        if (Closing?.Care is { Count: > 0 } care)
        {
            writer.WriteStartArray("care"u8);
            foreach (var kind in care) writer.WriteStringValue(kind);
            writer.WriteEndArray();
        }

        WriteOptional(writer, "deliveryReason", DeliveryReason);
        WriteTimings(writer);
        if (Closing?.Usage is { Count: > 0 } usage)
        {
            writer.WriteStartObject("usage"u8);
            foreach (var (name, count) in usage) writer.WriteNumber(name, count);
            writer.WriteEndObject();
        }

        writer.WriteString("prevHash"u8, PreviousHash);
        writer.WriteString("hash"u8, Hash);
        writer.WritePropertyName("entries"u8);
        JsonSerializer.Serialize(writer, Entries, AuditJsonContext.Default.IReadOnlyListEntryReference);
        writer.WriteEndObject();
    }

    /// <summary>The record as one line of JSON.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer)) WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static DirectionRecord? Lower(DirectionRecord? response, DeliveryEntry? delivery)
    {
        if (response is null || delivery is null || response.DeliveredChars <= delivery.DeliveredChars) return response;
        return response with { DeliveredChars = delivery.DeliveredChars };
    }

    private static void WriteDirection(Utf8JsonWriter writer, string name, DirectionRecord? direction, bool isResponse)
    {
        writer.WriteStartObject(name);
        writer.WriteString("action"u8, direction?.Action);
        writer.WritePropertyName("detections"u8);
        JsonSerializer.Serialize(writer, direction?.Detections ?? [], AuditJsonContext.Default.IReadOnlyListAuditDetection);
        writer.WriteNumber("detectionCount"u8, direction?.DetectionCount ?? 0);
        WriteNumber(writer, "judged", direction?.Judged);
        WriteNumber(writer, "judgedFields", direction?.JudgedFields);
        writer.WritePropertyName("unjudged"u8);
        JsonSerializer.Serialize(writer, direction?.Unjudged ?? [], AuditJsonContext.Default.IReadOnlyListUnjudgedSpan);
        if (direction?.ToolCalls is { } calls)
        {
            writer.WritePropertyName("toolCalls"u8);
            JsonSerializer.Serialize(writer, calls, AuditJsonContext.Default.IReadOnlyListToolCallRecord);
        }

        WriteOptional(writer, "digest", direction?.Digest);
        if (direction?.Text is { } text)
        {
            writer.WritePropertyName("text"u8);
            JsonSerializer.Serialize(writer, text, AuditJsonContext.Default.SealedText);
        }

        if (isResponse)
        {
            WriteNumber(writer, "producedChars", direction?.ProducedChars);
            WriteNumber(writer, "deliveredChars", direction?.DeliveredChars);
        }

        writer.WriteEndObject();
    }

    private void WriteTimings(Utf8JsonWriter writer)
    {
        if (Closing?.Timings is not { Count: > 0 } timings) return;
        writer.WriteStartObject("timings"u8);
        foreach (var (room, milliseconds) in timings) writer.WriteNumber(room, milliseconds);
        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset time) =>
        writer.WriteString(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
}
