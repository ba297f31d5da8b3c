using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Configuration;

/// <summary>
/// Who has approved which contents of lexicons, policies and model, by the whole hash of these contents. In regulated mode contents come into force once two persons have, at the start as well as
/// later; only the very first start may take what it finds. What was decided is remembered on disk, so that a restart asks nobody again, and shared with the other nodes where there is Redis
/// (<see cref="NodeEpochs"/>): decisions are only ever added, and count in the order in which they were made, wherever.
/// </summary>
internal sealed class EpochApprovals
{
    private const int Needed = 2;
    private const string Name = "approvals.jsonl";

    private readonly string _path;
    private readonly string _firstStart;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (string Epoch, string? By, string Line)> _decisions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _approvals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rejected = new(StringComparer.Ordinal);
    private string? _first;

    public EpochApprovals(GatewayOptions options, TimeProvider? clock = null)
    {
        IsNeeded = options.Regulated;
        _firstStart = options.Admin.FirstStart;
        _clock = clock ?? TimeProvider.System;
        _path = Path.Combine(options.StateDirectory, Name);
        if (!File.Exists(_path)) return;
        foreach (var line in File.ReadLines(_path)) Recall(line);
        Count();
    }

    /// <summary>Contents wait for approval.</summary>
    public bool IsNeeded { get; }

    /// <summary>Nobody has decided anything here, and no first start has taken anything.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _first is null && _decisions.Count == 0;
        }
    }

    /// <summary>Somebody has written that a start may take what it finds although there were approvals once.</summary>
    public bool TakesAgain => _firstStart == "Again";

    /// <summary>Decisions by id, as they are shared.</summary>
    public IReadOnlyDictionary<string, string> Decisions
    {
        get
        {
            lock (_lock) return _decisions.ToDictionary(pair => pair.Key, pair => pair.Value.Line, StringComparer.Ordinal);
        }
    }

    /// <summary>Two persons approved it.</summary>
    public bool IsApprovedByTwo(string epoch)
    {
        lock (_lock) return HasTwo(epoch);
    }

    /// <summary>It may come into force: two persons approved it, or the first start took it and two persons have approved nothing since.</summary>
    public bool IsApproved(string epoch)
    {
        lock (_lock) return !IsNeeded || HasTwo(epoch) || (epoch == _first && !_rejected.Contains(epoch) && !_approvals.Keys.Any(HasTwo));
    }

    /// <summary>The very first start in regulated mode: nobody has approved anything, and settings let it take what it finds.</summary>
    /// <param name="epoch">What it found.</param>
    public bool TryTakeFirst(string epoch)
    {
        lock (_lock)
        {
            if (!IsNeeded || _firstStart == "Approve" || _first is not null || _decisions.Count > 0) return false;
            Remember(new JsonObject { ["epoch"] = epoch, ["first"] = true }.ToJsonString());
            _first = epoch;
            return true;
        }
    }

    public IReadOnlyList<string> By(string epoch)
    {
        lock (_lock) return _approvals.TryGetValue(epoch, out var by) ? [.. by] : [];
    }

    public bool IsRejected(string epoch)
    {
        lock (_lock) return _rejected.Contains(epoch);
    }

    /// <summary>Approves.</summary>
    /// <returns>False where this person has approved it before: two must be two.</returns>
    public bool Approve(string epoch, string by)
    {
        lock (_lock)
        {
            if (_approvals.TryGetValue(epoch, out var list) && list.Contains(by, StringComparer.OrdinalIgnoreCase)) return false;
            Decide(new JsonObject { ["epoch"] = epoch, ["by"] = by });
            return true;
        }
    }

    /// <summary>Rejects: approvals are void until somebody approves again.</summary>
    public void Reject(string epoch)
    {
        lock (_lock) Decide(new JsonObject { ["epoch"] = epoch, ["rejected"] = true });
    }

    /// <summary>Takes what was decided on other nodes.</summary>
    /// <returns>Whether something was new.</returns>
    public bool Merge(IReadOnlyDictionary<string, string> decisions)
    {
        lock (_lock)
        {
            var isNew = false;
            foreach (var (id, line) in decisions)
            {
                if (_decisions.ContainsKey(id) || !Recall(line)) continue;
                Remember(line);
                isNew = true;
            }

            if (isNew) Count();
            return isNew;
        }
    }

    private bool HasTwo(string epoch) => _approvals.TryGetValue(epoch, out var by) && by.Count >= Needed;

    private void Decide(JsonObject decision)
    {
        // Ids sort by time; one that is made here comes after whatever is known here, whatever the clocks of other nodes say.
        var time = Math.Max(_clock.GetUtcNow().ToUnixTimeMilliseconds(), _decisions.Count == 0 ? 0 : 1 + long.Parse(_decisions.Keys.Last().AsSpan(0, 15), NumberStyles.None, CultureInfo.InvariantCulture));
        decision["id"] = string.Create(CultureInfo.InvariantCulture, $"{time:D15}-{Guid.NewGuid():n}");
        var line = decision.ToJsonString();
        Remember(line);
        Recall(line);
        Count();
    }

    /// <summary>Takes a line, if it is whole.</summary>
    private bool Recall(string line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject read || (string?)read["epoch"] is not { } epoch) return false;
            if ((bool?)read["first"] == true)
            {
                _first = epoch;
                return false;
            }

            if ((string?)read["id"] is not { Length: > 16 } id || id.AsSpan(0, 15).ContainsAnyExceptInRange('0', '9')) return false;
            var by = (string?)read["by"];
            if (by is null && (bool?)read["rejected"] != true) return false;
            return _decisions.TryAdd(id, (epoch, by, line));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            // Torn by a crash: that decision is asked for again.
            return false;
        }
    }

    /// <summary>What the decisions come to, one after the other.</summary>
    private void Count()
    {
        _approvals.Clear();
        _rejected.Clear();
        foreach (var (_, (epoch, by, _)) in _decisions)
        {
            if (by is null)
            {
                _approvals.Remove(epoch);
                _rejected.Add(epoch);
                continue;
            }

            if (!_approvals.TryGetValue(epoch, out var list)) _approvals[epoch] = list = [];
            if (list.Contains(by, StringComparer.OrdinalIgnoreCase)) continue;
            list.Add(by);
            _rejected.Remove(epoch);
        }
    }

    private void Remember(string line)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.AppendAllLines(_path, [line]);
    }
}
