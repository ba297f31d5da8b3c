using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Sanctions;

/// <summary>
/// Users under a measure, on disk, so that a restart ends no suspension. Users are known by keyed hashes. Written anew at most once a second, beside
/// and then renamed.
/// </summary>
internal sealed class StandingFile(string directory, TimeProvider clock)
{
    private const string Name = "standings.jsonl";

    private readonly ConcurrentDictionary<string, Standing> _standings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _owed = new(StringComparer.Ordinal);
    private readonly Lock _writing = new();
    private int _changes;
    private int _written;

    /// <summary>Reads what was written; a line that cannot be read is passed over, for the rest must count.</summary>
    public IEnumerable<(string Key, Standing Standing, string? OwedTo)> Read()
    {
        var path = Path.Combine(directory, Name);
        if (!File.Exists(path)) yield break;
        foreach (var line in File.ReadLines(path))
        {
            Line? read = null;
            try
            {
                read = JsonSerializer.Deserialize(line, LedgerJsonContext.Default.Line);
            }
            catch (JsonException)
            {
                // Torn by a crash while it was written.
            }

            if (read is null || !Enum.IsDefined(read.State)) continue;
            var standing = new Standing
            {
                State = read.State, Until = read.Until, Suspensions = read.Suspensions, Since = read.Since, Reason = read.Reason, Actor = read.Actor, Appeal = read.Appeal,
                Subject = read.Subject, Tenant = read.Tenant,
            };
            _standings[read.Key] = standing;
            if (read.OwedTo is { } tenant) _owed[read.Key] = tenant;
            yield return (read.Key, standing, read.OwedTo);
        }
    }

    /// <summary>Notes a change; <see cref="Flush"/> writes it.</summary>
    public void Note(string key, Standing standing)
    {
        if (standing.State < UserState.Suspended && standing.Suspensions == 0) _standings.TryRemove(key, out _);
        else _standings[key] = standing;
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Notes whose standing Redis does not know yet, by the key of the tenant; <see langword="null"/> once it does.</summary>
    public void Owe(string key, string? tenant)
    {
        if (tenant is not null) _owed[key] = tenant;
        else if (!_owed.TryRemove(key, out _)) return;
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Writes until told to stop.</summary>
    public async Task RunAsync(Action<Exception> onFault, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1), clock, stopping));
            try
            {
                Flush();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                onFault(fault);
            }
        }
    }

    /// <summary>Writes what has changed.</summary>
    public void Flush()
    {
        lock (_writing)
        {
            var changes = Volatile.Read(ref _changes);
            if (changes == _written) return;
            Directory.CreateDirectory(directory);
            var aside = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Name}.{Environment.ProcessId}"));
            File.WriteAllLines(aside, _standings.Select(pair => JsonSerializer.Serialize(
                new Line(pair.Key, pair.Value.State, pair.Value.Until, pair.Value.Suspensions, pair.Value.Since, pair.Value.Reason, pair.Value.Actor, pair.Value.Appeal, pair.Value.Subject, pair.Value.Tenant, _owed.GetValueOrDefault(pair.Key)),
                LedgerJsonContext.Default.Line)));
            File.Move(aside, Path.Combine(directory, Name), overwrite: true);
            _written = changes;
        }
    }

    internal sealed record Line(string Key, UserState State, long Until, int Suspensions, long Since, string? Reason, string? Actor, string? Appeal, string? Subject, string? Tenant, string? OwedTo);
}
