using System.Text.Json;
using Gateway.Audit.Records;

namespace Gateway.Audit.Journal;

/// <summary>
/// Records events in a journal from any process on its machine. Where nobody has the journal open, it is opened for the
/// moment; otherwise the event is laid into the folder <c>inbox</c>, and its owner appends it.
/// </summary>
public static class EventInbox
{
    private const string FolderName = "inbox";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Records an event; it is durable in the chain when the task completes.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="happened">What happened.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuditJournalException">There is no journal, or its owner does not take the event: it is not recorded.</exception>
    public static async Task RecordAsync(string directory, EventEntry happened, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(happened);
        time ??= TimeProvider.System;
        JournalReader.RequireInstance(directory);
        if (!JournalOwnership.IsTaken(directory))
        {
            try
            {
                await using var journal = await AuditJournal.OpenAsync(directory, time: time, cancellationToken: cancellationToken);
                await journal.AppendAsync(happened, cancellationToken);
                return;
            }
            catch (AuditJournalException) when (JournalOwnership.IsTaken(directory))
            {
                // A gateway was quicker: it takes the event from the inbox.
            }
        }

        var path = Lay(directory, happened);
        var started = time.GetTimestamp();
        while (File.Exists(path))
        {
            if (time.GetElapsedTime(started) > Patience && TryTakeBack(path))
            {
                throw new AuditJournalException(
                    $"The gateway that holds the journal in {directory} did not record the event within {Patience.TotalSeconds} s. Nothing was done. Look at its health, then try again.");
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }

    /// <summary>Appends what was laid into the inbox; for the journal's owner.</summary>
    /// <returns>How many events.</returns>
    public static async Task<int> TakeAsync(AuditJournal journal, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(journal);
        var folder = Path.Combine(journal.DirectoryPath, FolderName);
        if (!Directory.Exists(folder)) return 0;
        var taken = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            EventEntry? happened;
            try
            {
                happened = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path, cancellationToken), AuditJsonContext.Default.EventEntry);
            }
            catch (Exception exception) when (exception is JsonException or IOException)
            {
                // Taken back, or not one of ours: left where it is, its author waits in vain and is told so.
                continue;
            }

            if (happened is null) continue;
            await journal.AppendAsync(happened, cancellationToken);
            File.Delete(path);
            taken++;
        }

        return taken;
    }

    private static string Lay(string directory, EventEntry happened)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, FolderName)).FullName;
        var path = Path.Combine(folder, happened.Id + ".json");
        using (var file = new FileStream(path + ".part", FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(happened, AuditJsonContext.Default.EventEntry));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path);
        DirectoryFlush.Flush(folder);
        return path;
    }

    private static bool TryTakeBack(string path)
    {
        try
        {
            File.Move(path, path + ".given-up");
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
