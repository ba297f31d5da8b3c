using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// Findings of one judgement, in the order they were added. Keeps the first <see cref="Capacity"/> and counts the rest,
/// so that a text of nothing but hits cannot exhaust memory; past that, findings that can change a verdict (anything
/// but <see cref="Tier.Watch"/>) are still kept once per rule. Not safe for several threads.
/// </summary>
public sealed class DetectionList
{
    /// <summary>Findings kept whatever they are.</summary>
    public const int Capacity = 256;

    private readonly List<Detection> _kept = [];
    private HashSet<string>? _rules;
    private List<Task<Detection[]?>>? _aside;

    /// <summary>Findings kept.</summary>
    public int Count => _kept.Count;

    /// <summary>Findings reported, kept or not.</summary>
    public int Total { get; private set; }

    /// <summary>The finding at a position.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public Detection this[int index] => _kept[index];

    /// <summary>What detectors that decide nothing say about the same text, once they have answered; <see langword="null"/> from one that left it out.</summary>
    public IReadOnlyList<Task<Detection[]?>> Aside => _aside ?? (IReadOnlyList<Task<Detection[]?>>)[];

    /// <summary>A detector that decides nothing looks at the same text.</summary>
    /// <param name="findings">What it will say.</param>
    public void AddAside(Task<Detection[]?> findings) => (_aside ??= []).Add(findings);

    /// <summary>Adds a finding.</summary>
    /// <param name="detection">The finding.</param>
    public void Add(in Detection detection)
    {
        Total++;
        if (_kept.Count >= Capacity && !DecidesSomethingNew(detection)) return;
        _kept.Add(detection);
    }

    /// <summary>Adds the findings of another list, moved by a number of characters.</summary>
    /// <param name="other">The findings to add.</param>
    /// <param name="offset">Characters to add to each <see cref="Detection.Start"/>.</param>
    public void AddRange(DetectionList other, int offset = 0)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var detection in other._kept) Add(detection with { Start = detection.Start + offset });
        Total += other.Total - other.Count;
    }

    /// <summary>The kept findings as an array of their own.</summary>
    public Detection[] ToArray() => _kept.Count == 0 ? [] : [.. _kept];

    /// <summary>Forgets everything, keeping the storage.</summary>
    public void Clear()
    {
        _kept.Clear();
        _rules = null;
        _aside = null;
        Total = 0;
    }

    private bool DecidesSomethingNew(in Detection detection)
    {
        if (detection.Tier == Tier.Watch) return false;
        _rules ??= [.. _kept.Where(kept => kept.Tier != Tier.Watch).Select(kept => kept.Rule)];
        return _rules.Add(detection.Rule);
    }
}
