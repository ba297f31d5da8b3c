using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>What was judged in one direction of an exchange, and with what result.</summary>
internal sealed class Judgement
{
    /// <summary>Findings kept for the record; the rest is only counted.</summary>
    public const int KeptFindings = 64;

    private readonly List<FieldFinding> _findings = [];
    private readonly List<UnjudgedPart> _unjudged = [];

    /// <summary>What policy decided, whether or not it was carried out.</summary>
    public GuardAction Action { get; private set; }

    /// <summary>Findings for the record.</summary>
    public IReadOnlyList<FieldFinding> Findings => _findings;

    /// <summary>Findings in all.</summary>
    public int FindingCount { get; private set; }

    /// <summary>Parts nobody judged.</summary>
    public IReadOnlyList<UnjudgedPart> Unjudged => _unjudged;

    /// <summary>Characters judged, UTF-16 units.</summary>
    public long JudgedCharacters { get; set; }

    /// <summary>Text fields (or stream channels) judged.</summary>
    public int JudgedFields { get; set; }

    /// <summary>Why the inspection failed, when it did.</summary>
    public string? Fault { get; set; }

    /// <summary>The inspection failed and policy does not forgive it: nobody can say whether anything was wrong.</summary>
    public bool IsUnjudgeable { get; private set; }

    /// <summary>Ordinals of choices that are blocked; used for answers that come whole.</summary>
    public HashSet<int> BlockedGroups { get; } = [];

    /// <summary>Ordinals of the text fields with findings; used for bodies that come whole.</summary>
    public HashSet<int> FlaggedFields { get; } = [];

    /// <summary>Something outside the choices is blocked, so the whole body is.</summary>
    public bool IsWholeBlocked { get; set; }

    /// <summary>What was found stands in the name of a model, an id or the path: nothing of that is to be repeated.</summary>
    public bool HidesNames { get; set; }

    /// <summary>Blocks a choice, or all of the body.</summary>
    /// <param name="group">Ordinal of the choice; −1 outside.</param>
    public void Block(int group)
    {
        if (group >= 0) BlockedGroups.Add(group);
        else IsWholeBlocked = true;
    }

    /// <summary>The distinct risks found, in order of first appearance.</summary>
    public IEnumerable<string> Risks => _findings.Select(finding => finding.Detection.Risk).Distinct(StringComparer.Ordinal);

    /// <summary>Something calls for a label, whatever stricter action wins.</summary>
    public bool IsLabelled { get; private set; }

    /// <summary>What is to be replaced in the answer, by the ordinal of its text; used for answers that come whole.</summary>
    public List<(int Field, Detection Mask)> Masks { get; } = [];

    /// <summary>Tools that an answer calls.</summary>
    public List<ToolCall> ToolCalls { get; } = [];

    /// <summary>Adds a call of a tool, unless it is there already or there are too many.</summary>
    public void AddToolCall(in ToolCall call)
    {
        if (ToolCalls.Count < ToolCall.Kept && !ToolCalls.Contains(call)) ToolCalls.Add(call);
    }

    /// <summary>The policy to come, which decides beside the one in force and changes nothing; <see langword="null"/> without one.</summary>
    public Policy? Candidate { get; set; }

    /// <summary>What the policy to come would have done.</summary>
    public GuardAction CandidateAction { get; private set; }

    /// <summary>The policy in force had its answer before all detectors had spoken.</summary>
    public bool IsCandidatePartial { get; set; }

    /// <summary>What the shadow model says of the same texts; <see langword="null"/> without one.</summary>
    public ShadowVerdicts? Shadow { get; set; }

    /// <summary>Lets the policy to come decide about the same findings.</summary>
    public void Consider(DetectionList found, DecisionPoint point, TextSide side, bool isWatched)
    {
        if (Candidate is not { } candidate || (isWatched && !candidate.JudgesWatched)) return;
        var action = candidate.Decide(found, point, side).Action;
        if (action > CandidateAction) CandidateAction = action;
    }

    /// <summary>Adds a verdict; the stricter action wins.</summary>
    public void Add(Verdict verdict, string field)
    {
        IsLabelled |= verdict.IsLabelled;
        if (verdict.Action > Action) Action = verdict.Action;
        FindingCount += verdict.DetectionCount;
        foreach (var detection in verdict.Detections)
        {
            if (_findings.Count == KeptFindings) break;
            _findings.Add(new FieldFinding(detection, field));
        }
    }

    /// <summary>Adds what another judgement holds for labels: its risks, and whether there is to be one.</summary>
    public void Include(Judgement other)
    {
        IsLabelled |= other.IsLabelled;
        _findings.AddRange(other._findings.Take(KeptFindings - _findings.Count));
    }

    /// <summary>Adds findings that are recorded and decide nothing.</summary>
    public void AddWatched(Verdict verdict, string field) => Add(verdict with { Action = GuardAction.Allow, IsLabelled = false }, field);

    /// <summary>Names a part that nobody judged. Beyond a thousand they are only counted with the last.</summary>
    public void AddUnjudged(UnjudgedPart part)
    {
        if (_unjudged.Count < 1000) _unjudged.Add(part);
        else _unjudged[^1] = new UnjudgedPart(part.Reason, null, "more", _unjudged[^1].Bytes + part.Bytes);
    }

    /// <summary>There is an image, sound or file among them.</summary>
    public bool HoldsMedia => _unjudged.Exists(part => part.Reason == "media");

    /// <summary>Sets the action that policy demands for a fault.</summary>
    public void Fail(FaultAction onFault, string fault)
    {
        Fault ??= fault;
        if (onFault == FaultAction.Block) (Action, IsUnjudgeable) = (GuardAction.Block, true);
        AddUnjudged(new UnjudgedPart("fault", null, fault, 0));
    }
}
