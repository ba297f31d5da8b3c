using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Journal;

/// <summary>
/// Where a journal begins whose first segments the archive has taken over: what the first entry still here links to, and
/// which exchanges were open there. The file <c>start</c> in the journal's directory; none where nothing was removed.
/// </summary>
public sealed record JournalStart
{
    /// <summary>Name of the file.</summary>
    internal const string FileName = "start";

    /// <summary>Number of the last entry that was removed.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its hash, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Exchanges that were open after it.</summary>
    public IReadOnlyList<string> Open { get; init; } = [];

    /// <summary>The last seal before it.</summary>
    public SealPoint? Seal { get; init; }

    /// <summary>The start of a directory; <see langword="null"/> where nothing was removed.</summary>
    /// <exception cref="AuditJournalException">The file cannot be read.</exception>
    public static JournalStart? Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalStartJsonContext.Default.JournalStart);
        }
        catch (JsonException exception)
        {
            throw new AuditJournalException($"{path} cannot be read: {exception.Message} Restore the file from a backup; the archive says what belongs there.", exception);
        }
    }

    /// <summary>Writes the file, durable, in place of an older one.</summary>
    internal void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, JournalStartJsonContext.Default.JournalStart));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        DirectoryFlush.Flush(directory);
    }
}

/// <summary>Generated JSON code for the start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalStart))]
internal sealed partial class JournalStartJsonContext : JsonSerializerContext;
