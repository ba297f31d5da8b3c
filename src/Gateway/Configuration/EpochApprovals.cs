using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Configuration;

/// <summary>
/// Who has approved which contents of lexicons and policies. In regulated mode a change comes into force once two persons have. What was approved once is
/// remembered on disk, so that a restart asks nobody again.
/// </summary>
internal sealed class EpochApprovals
{
    private const int Needed = 2;
    private const string Name = "approvals.jsonl";

    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<string>> _approvals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rejected = new(StringComparer.Ordinal);

    public EpochApprovals(GatewayOptions options)
    {
        IsNeeded = options.Regulated;
        _path = Path.Combine(options.StateDirectory, Name);
        if (!File.Exists(_path)) return;
        foreach (var line in File.ReadLines(_path))
        {
            try
            {
                if (JsonNode.Parse(line) is JsonObject read && (string?)read["epoch"] is { } epoch && (string?)read["by"] is { } by) ListOf(epoch).Add(by);
            }
            catch (JsonException)
            {
                // Torn by a crash: that approval is asked for again.
            }
        }
    }

    /// <summary>Changes wait for approval.</summary>
    public bool IsNeeded { get; }

    /// <summary>It is in force by a start alone: changes need approval, some were approved before, so this is no first start, and this one was not.</summary>
    public bool IsMissing(string epoch)
    {
        lock (_lock) return IsNeeded && _approvals.Count > 0 && !IsApproved(epoch);
    }

    /// <summary>It may come into force.</summary>
    public bool IsApproved(string epoch)
    {
        lock (_lock) return !IsNeeded || (!_rejected.Contains(epoch) && _approvals.TryGetValue(epoch, out var by) && by.Count >= Needed);
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
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.AppendAllLines(_path, [new JsonObject { ["epoch"] = epoch, ["by"] = by }.ToJsonString()]);
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
            _approvals.Remove(epoch);
            _rejected.Add(epoch);
        }
    }

    private List<string> ListOf(string epoch) => _approvals.TryGetValue(epoch, out var list) ? list : _approvals[epoch] = [];
}
