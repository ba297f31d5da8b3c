using System.Globalization;
using System.Security.Cryptography;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Verification;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway backup</c> and <c>gateway restore</c>: journal, lexicons, policies and archive manifests in one place, the key store in another
/// whose backups live no longer than 30 days; a restored key store loses again what was erased since.
/// </summary>
internal sealed class BackupCommand(RecordPlaces places, TextWriter output)
{
    private const string SumsName = "SHA256SUMS";
    private static readonly TimeSpan KeyLife = TimeSpan.FromDays(30);

    /// <summary>Makes a backup; each is a new folder named after its time.</summary>
    /// <param name="folder">Where backups of records go.</param>
    /// <param name="keyFolder">Where backups of keys go; must be elsewhere.</param>
    /// <param name="extra">Further directories by name: lexicons, policies.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> BackupAsync(string folder, string keyFolder, IReadOnlyDictionary<string, string> extra, CancellationToken cancellationToken)
    {
        var journal = places.Options.Directory;
        var instance = JournalReader.RequireInstance(journal);
        if (Inside(keyFolder, folder) || Inside(folder, keyFolder)) throw new ConfigurationException("Keys and records must not share a backup: name a place for --keys-out that is neither inside --out nor around it.");
        var name = places.Clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var target = Path.Combine(folder, name);
        if (Directory.Exists(target)) throw new ConfigurationException($"{target} exists already. Wait a second and try again.");

        // The keys before the records: a key without its records is harmless, a record without its key is unreadable.
        var keys = Path.Combine(keyFolder, name);
        Copy(places.Options.KeysDirectory, keys, static file => Path.GetFileName(file) is not "lock");
        Copy(journal, Path.Combine(target, "journal"), static file => Path.GetFileName(file) is not "lock");
        foreach (var (part, directory) in extra) Copy(directory, Path.Combine(target, part), static _ => true);
        await CopyManifestsAsync(Path.Combine(target, "archive-index"), cancellationToken);
        foreach (var made in new[] { target, keys }) WriteSums(made);
        var found = JournalVerifier.Verify(Path.Combine(target, "journal"), cancellationToken: cancellationToken);
        if (found.Soundness != JournalSoundness.Sound) throw new AuditJournalException($"The copy of the journal does not verify: {found.Fault?.ToString() ?? found.Problem} The backup in {target} is not good.");
        foreach (var old in Expired(keyFolder)) Directory.Delete(old, recursive: true);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"journal {instance}, {found.Entries} entries: {target}"));
        output.WriteLine($"keys: {keys} (deleted by the first backup made after 30 days; make sure that copies of it are too)");
        return AuditExit.Good;
    }

    /// <summary>Restores a backup into empty directories, verifies it, and destroys again the keys that were erased since.</summary>
    /// <param name="backup">A folder that backup made for records.</param>
    /// <param name="keyBackup">The folder of the keys.</param>
    /// <param name="erasures">Journal or copy of one, newer than the backup, whose erasures are done again; <see langword="null"/> for the backup's own.</param>
    /// <param name="parts">Where further directories go, by name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> RestoreAsync(string backup, string? keyBackup, string? erasures, IReadOnlyDictionary<string, string> parts, CancellationToken cancellationToken)
    {
        var journal = places.Options.Directory;
        var keys = places.Options.KeysDirectory;
        RequireEmpty(journal, "--audit");
        CheckSums(backup);
        if (keyBackup is not null)
        {
            RequireEmpty(keys, "--keys");
            if (IsExpired(keyBackup)) throw new ConfigurationException($"{keyBackup} is older than 30 days: it may hold keys that were destroyed since. Use a newer one.");
            CheckSums(keyBackup);
        }

        Copy(Path.Combine(backup, "journal"), journal, static _ => true);
        foreach (var (part, directory) in parts)
        {
            if (!Directory.Exists(Path.Combine(backup, part))) continue;
            RequireEmpty(directory, $"--{part}");
            Copy(Path.Combine(backup, part), directory, static _ => true);
        }

        var found = JournalVerifier.Verify(journal, cancellationToken: cancellationToken);
        if (found.Soundness != JournalSoundness.Sound) throw new AuditJournalException($"The restored journal does not verify: {found.Fault?.ToString() ?? found.Problem}");
        var destroyed = 0;
        if (keyBackup is not null)
        {
            Copy(keyBackup, keys, static file => Path.GetFileName(file) is not SumsName);
            destroyed = EraseAgain(erasures ?? journal);
        }

        await places.RecordAsync(
            RecordPlaces.Event(AuditEvents.Restored, RecordCommands.Actor, $"from {Path.GetFileName(Path.TrimEndingDirectorySeparator(backup))}", facts: new Dictionary<string, string> { ["entries"] = found.Entries.ToString(CultureInfo.InvariantCulture) }),
            cancellationToken);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"restored: {found.Entries} entries of journal {found.Instance}, verified; {destroyed} keys destroyed again"));
        output.WriteLine("note: what the old journal wrote after this backup is not in it. If Redis or the archive hold later entries, forwarding stops with an alarm: then begin a new journal beside this one.");
        return AuditExit.Good;
    }

    /// <summary>The archive's index: signed manifests and indexes. The segments themselves are the archive's own to keep safe.</summary>
    private async Task CopyManifestsAsync(string folder, CancellationToken cancellationToken)
    {
        if (places.Archive is not { } store) return;
        foreach (var name in await store.ListAsync("archive/", cancellationToken))
        {
            if (name.EndsWith(".ndjson.gz", StringComparison.Ordinal)) continue;
            var path = Path.Combine(folder, name["archive/".Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, (await store.GetAsync(name, cancellationToken))!, cancellationToken);
        }
    }

    /// <summary>What was erased stays erased: the chain says whose keys.</summary>
    private int EraseAgain(string journal)
    {
        var destroyed = 0;
        using var reader = new JournalReader(journal);
        while (reader.TryRead(out var entry))
        {
            if (entry.Kind != AuditKinds.Event || entry.Parse() is not EventEntry { Event: AuditEvents.Erasure or AuditEvents.ErasureDeferred, Subject: { } subject } happened) continue;
            if (happened.Event == AuditEvents.ErasureDeferred) places.Keys.Lock(subject);
            else if (places.Keys.Erase(subject)) destroyed++;
        }

        return destroyed;
    }

    private List<string> Expired(string keyFolder) => [.. Directory.EnumerateDirectories(keyFolder).Where(IsExpired)];

    private bool IsExpired(string folder) =>
        DateTimeOffset.TryParseExact(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made)
        && places.Clock.GetUtcNow() - made > KeyLife;

    private static void Copy(string from, string to, Predicate<string> takes)
    {
        if (!Directory.Exists(from)) return;
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (!takes(path)) continue;
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File.GetUnixFileMode(path);
            using var copy = new FileStream(target, options);
            source.CopyTo(copy);
            copy.Flush(flushToDisk: true);
        }
    }

    private static void WriteSums(string folder)
    {
        var lines = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{Sum(path)}  {Path.GetRelativePath(folder, path).Replace('\\', '/')}\n");
        File.WriteAllText(Path.Combine(folder, SumsName), string.Concat(lines));
    }

    private static void CheckSums(string folder)
    {
        var sums = Path.Combine(folder, SumsName);
        if (!File.Exists(sums)) throw new ConfigurationException($"{folder} is no backup: it has no {SumsName}.");
        foreach (var line in File.ReadLines(sums))
        {
            var path = Path.Combine(folder, line[66..]);
            if (!File.Exists(path) || Sum(path) != line[..64]) throw new AuditJournalException($"{path} is not what was backed up. Use another backup.");
        }
    }

    private static string Sum(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static void RequireEmpty(string directory, string option)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new ConfigurationException($"{directory} is not empty. Nothing is restored over existing records: name an empty directory with {option}.");
    }

    private static bool Inside(string path, string directory) =>
        (Path.GetFullPath(path) + "/").StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + "/", StringComparison.Ordinal);
}
