using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Configuration;

/// <summary>
/// Who has approved which contents of lexicons, policies and model. In regulated mode contents come into force once two persons have, at the start as well as
/// later; only the very first start may take what it finds. What was decided is remembered on disk, so that a restart asks nobody again.
/// </summary>
internal sealed class EpochApprovals
{
    private const int Needed = 2;
    private const string Name = "approvals.jsonl";

    private readonly string _path;
    private readonly bool _acceptsFirst;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<string>> _approvals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rejected = new(StringComparer.Ordinal);
    private string? _first;

    public EpochApprovals(GatewayOptions options)
    {
        IsNeeded = options.Regulated;
        _acceptsFirst = options.Admin.FirstStart == "Accept";
        _path = Path.Combine(options.StateDirectory, Name);
        if (!File.Exists(_path)) return;
        foreach (var line in File.ReadLines(_path))
        {
            try
            {
                if (JsonNode.Parse(line) is JsonObject read && (string?)read["epoch"] is { } epoch) Recall(epoch, read);
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
            {
                // Torn by a crash: that approval is asked for again.
            }
        }
    }

    /// <summary>Contents wait for approval.</summary>
    public bool IsNeeded { get; }

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
            if (!IsNeeded || !_acceptsFirst || _first is not null || _approvals.Count > 0 || _rejected.Count > 0) return false;
            Remember(new JsonObject { ["epoch"] = epoch, ["first"] = true });
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
            var list = ListOf(epoch);
            if (list.Contains(by, StringComparer.OrdinalIgnoreCase)) return false;
            Remember(new JsonObject { ["epoch"] = epoch, ["by"] = by });
            list.Add(by);
            _rejected.Remove(epoch);
            return true;
        }
    }

    /// <summary>Rejects: approvals are void until somebody approves again.</summary>
    public void Reject(string epoch)
    {
        lock (_lock)
        {
            Remember(new JsonObject { ["epoch"] = epoch, ["rejected"] = true });
            _approvals.Remove(epoch);
            _rejected.Add(epoch);
        }
    }

    private bool HasTwo(string epoch) => _approvals.TryGetValue(epoch, out var by) && by.Count >= Needed;

    private void Recall(string epoch, JsonObject read)
    {
        if ((bool?)read["first"] == true) _first = epoch;
        else if ((bool?)read["rejected"] == true)
        {
            _approvals.Remove(epoch);
            _rejected.Add(epoch);
        }
        else if ((string?)read["by"] is { } by && !ListOf(epoch).Contains(by, StringComparer.OrdinalIgnoreCase))
        {
            ListOf(epoch).Add(by);
            _rejected.Remove(epoch);
        }
    }

    private void Remember(JsonObject decision)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.AppendAllLines(_path, [decision.ToJsonString()]);
    }

    private List<string> ListOf(string epoch) => _approvals.TryGetValue(epoch, out var list) ? list : _approvals[epoch] = [];
}
