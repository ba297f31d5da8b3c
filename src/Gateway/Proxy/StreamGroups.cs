using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>The groups of a streamed answer (choices, content blocks, output items): when each began and ended, counted in events.</summary>
internal sealed class StreamGroups
{
    private readonly SortedDictionary<int, (long Began, long Ended)> _groups = [];
    private readonly Dictionary<(int Group, int Part), bool> _numbered = [];

    /// <summary>
    /// Whether the groups and parts of an event are numbered as before: one that now gives itself a number and now leaves it out is one for some
    /// clients and two for others.
    /// </summary>
    public bool Agree(ScannedJson scanned)
    {
        var agree = true;
        foreach (var group in scanned.Groups) agree &= Agrees((group.Index, int.MinValue), group.IsNumbered);
        foreach (var part in scanned.Parts) agree &= Agrees((scanned.Groups.Count == 1 ? scanned.Groups[0].Index : int.MinValue, part.Index), part.IsNumbered);
        return agree;
    }

    private bool Agrees((int Group, int Part) place, bool isNumbered)
    {
        if (_numbered.TryGetValue(place, out var before)) return before == isNumbered;
        if (_numbered.Count < ChannelSet.Most) _numbered.Add(place, isNumbered);
        return true;
    }

    /// <summary>There were groups, and all have ended; or there were none.</summary>
    public bool AllEnded => _groups.Values.All(group => group.Ended != long.MaxValue);

    /// <summary>An event is about a group.</summary>
    public void See(int group, long frame, bool ends)
    {
        if (group < 0) return;
        if (!_groups.TryGetValue(group, out var seen)) seen = (frame, long.MaxValue);
        if (seen.Ended == long.MaxValue && ends) seen.Ended = frame;
        _groups[group] = seen;
    }

    public void EndAll(long frame)
    {
        foreach (var group in _groups.Keys.ToArray()) See(group, frame, ends: true);
    }

    /// <summary>The groups that have not ended for a client that has seen the events up to one.</summary>
    public OpenGroup[] Open(long delivered)
    {
        if (_groups.Count == 0) return [new OpenGroup(0, false)];
        return [.. _groups.Where(group => group.Value.Ended > delivered).Select(group => new OpenGroup(group.Key, group.Value.Began <= delivered))];
    }
}
