using System.Collections.Frozen;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>
/// What to do about findings: immutable, pure, and the only place that knows thresholds. Defaults are the strict ones.
/// </summary>
public sealed record Policy
{
    /// <summary>The risk whose signs are answered with help and never with a bare block.</summary>
    public const string CrisisRisk = "x-self-harm-crisis";

    /// <summary>Name of the policy: its file name without extension.</summary>
    public required string Name { get; init; }

    /// <summary>Stream mode. Default <see cref="StreamMode.Hold"/>.</summary>
    public StreamMode Stream { get; init; } = StreamMode.Hold;

    /// <summary>How a blocked prompt is answered. Default <see cref="BlockAnswer.Error"/>.</summary>
    public BlockAnswer OnBlock { get; init; } = BlockAnswer.Error;

    /// <summary>The canned answer for <see cref="BlockAnswer.Answer"/>.</summary>
    public string Answer { get; init; } = "抱歉，这个问题我无法回答。Sorry, I can't help with this request.";

    /// <summary>When a detector throws, times out or is overloaded. Default <see cref="FaultAction.Block"/>.</summary>
    public FaultAction OnFault { get; init; } = FaultAction.Block;

    /// <summary>When an answer cannot be read as text (unknown encoding, broken JSON, too large). Default <see cref="FaultAction.Block"/>.</summary>
    public FaultAction OnUninspectable { get; init; } = FaultAction.Block;

    /// <summary>When the audit journal cannot take the record. Default <see cref="FaultAction.Block"/>.</summary>
    public FaultAction OnAuditFault { get; init; } = FaultAction.Block;

    /// <summary>Enforce or monitor. Default <see cref="EnforcementMode.Enforce"/>.</summary>
    public EnforcementMode Mode { get; init; } = EnforcementMode.Enforce;

    /// <summary>Thresholds by classifier label (a risk id or <c>any</c>). A label without an entry decides nothing.</summary>
    public FrozenDictionary<string, Thresholds> Thresholds { get; init; } = FrozenDictionary<string, Thresholds>.Empty;

    /// <summary>Foldings that are switched off: a term that only they make visible does not count. Default none.</summary>
    public Foldings FoldingsOff { get; init; } = Foldings.None;

    /// <summary>What a term in a variant spelling does. Default <see cref="VariantAction.Label"/>.</summary>
    public VariantAction Variants { get; init; } = VariantAction.Label;

    /// <summary>Write the risk label (<c>gateway</c> member) into labelled answers. Default true.</summary>
    public bool RiskLabel { get; init; } = true;

    /// <summary>Write the AI-content label (<c>AIGC</c> member) when a producer is configured. Default true.</summary>
    public bool ContentLabel { get; init; } = true;

    /// <summary>Where the explicit notice "made by AI" goes. Default <see cref="LabelMode.Envelope"/>.</summary>
    public LabelMode LabelMode { get; init; } = LabelMode.Envelope;

    /// <summary>The notice itself; <see langword="null"/> for the default of the profile.</summary>
    public string? LabelText { get; init; }

    /// <summary>What a companion service owes its users; <see langword="null"/> where the policy is of none. Default none.</summary>
    public SessionRules? Session { get; init; }

    /// <summary>How a person in distress is answered; <see langword="null"/> to treat such prompts like any other. Default none.</summary>
    public CrisisRules? Crisis { get; init; }

    /// <summary>Whose rules the labels follow. Default <see cref="LabelProfile.Cn"/>.</summary>
    public LabelProfile LabelProfile { get; init; } = LabelProfile.Cn;

    /// <summary>Agreements by which a known user gets answers without the notice in their text. Default none.</summary>
    public IReadOnlyList<string> Agreements { get; init; } = [];

    /// <summary>When history holds a turn that was blocked for this user. Default <see cref="BlockedHistoryAction.Refuse"/>.</summary>
    public BlockedHistoryAction OnBlockedHistory { get; init; } = BlockedHistoryAction.Refuse;

    /// <summary>What records keep of the text. Default <see cref="RetentionClass.Settings"/>.</summary>
    public RetentionClass Retention { get; init; } = RetentionClass.Settings;

    /// <summary>What holds for prompts alone; <see langword="null"/> where nothing does.</summary>
    public DirectionRules? Prompt { get; init; }

    /// <summary>What holds for answers alone; <see langword="null"/> where nothing does.</summary>
    public DirectionRules? Response { get; init; }

    /// <summary>In answers, some review or watch term decides alone.</summary>
    public bool HintsDecide => Response is { } own && own.Risks.Values.Any(rule => rule.Review == TierAction.Block || rule.Watch == TierAction.Block);

    /// <summary>What to do about patterns, by kind (<see cref="PersonalDataKinds"/>). Default: keys are masked in answers, everything else is watched.</summary>
    public FrozenDictionary<string, PatternAction> PersonalData
    {
        get;
        init
        {
            field = value;
            PatternsHeld = HeldOf(value);
        }
    } = DefaultPersonalData;

    /// <summary>The kinds of pattern that are acted upon: in streams, text that may become one is held back.</summary>
    public FrozenSet<string> PatternsHeld { get; private init; } = HeldOf(DefaultPersonalData);

    /// <summary>The default of <see cref="PersonalData"/>.</summary>
    public static FrozenDictionary<string, PatternAction> DefaultPersonalData { get; } = PersonalDataKinds.All.ToFrozenDictionary(
        kind => kind,
        kind => kind is PersonalDataKinds.ApiKey or PersonalDataKinds.PrivateKey ? PatternAction.Mask : PatternAction.Watch,
        StringComparer.OrdinalIgnoreCase);

    /// <summary>When a request holds an image, sound or file. Default <see cref="FaultAction.Allow"/>: it passes, recorded as unjudged.</summary>
    public FaultAction OnMedia { get; init; } = FaultAction.Allow;

    /// <summary>Findings in tool definitions, metadata and stop sequences decide like any other. Default false: they are only recorded.</summary>
    public bool JudgesWatched { get; init; }

    /// <summary>Whether a finding's characters are to be replaced in an answer.</summary>
    /// <param name="detection">The finding.</param>
    public bool Masks(in Detection detection) => ActionOn(detection) == PatternAction.Mask;

    /// <summary>
    /// Decides about one text. The table: a block term blocks; a review term blocks when the classifier reaches a label
    /// threshold on the same text or when a second, different review term is found elsewhere in it, else it labels; a
    /// watch term is recorded; the classifier blocks from its block threshold (its cut threshold in mid-stream) and
    /// labels from its label threshold (whole texts only); patterns are dealt with as <see cref="PersonalData"/> says. A review term that signs a crisis (<see cref="CrisisRisk"/>)
    /// never adds up to a block: a person in distress is to be answered. What terms and risks do can be set by risk and
    /// direction (<see cref="RiskRule"/>). A term in a variant spelling (<see cref="Detection.LabelsOnly"/>)
    /// labels, unless <see cref="Variants"/> says otherwise.
    /// </summary>
    /// <param name="detections">Everything found in the text.</param>
    /// <param name="point">Whether the text is whole.</param>
    /// <param name="side">Prompt or response; only responses are masked.</param>
    /// <returns>The action with the findings worth recording: keyword hits, and scores at or above a label threshold.</returns>
    public Verdict Decide(DetectionList detections, DecisionPoint point = DecisionPoint.Whole, TextSide side = TextSide.Response)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0) return Verdict.Clean;

        var own = side == TextSide.Prompt ? Prompt : Response;
        var thresholdsByLabel = own?.Thresholds ?? Thresholds;
        var action = GuardAction.Allow;
        Detection? review = null;
        var secondReview = false;
        var crisis = false;
        var confirmed = false;
        var labelled = false;
        List<Detection>? masks = null;
        List<Detection>? kept = null;
        var dropped = 0;
        for (var i = 0; i < detections.Count; i++)
        {
            var detection = detections[i];
            if ((detection.Foldings & FoldingsOff) != 0)
            {
                dropped++;
                continue;
            }

            var rule = own is not null && own.Risks.TryGetValue(detection.Risk, out var special) ? special : RiskRule.Standard;
            switch (detection.Tier)
            {
                case { } tier:
                    switch (Weakened(rule.Of(tier), detection))
                    {
                        case TierAction.Block:
                            action = GuardAction.Block;
                            break;
                        case TierAction.Confirm when detection.Risk == CrisisRisk:
                            crisis = true;
                            break;
                        case TierAction.Confirm:
                            // Two spellings of one term, or two terms that share letters, are one hint and not two.
                            if (review is not { } first) review = detection;
                            else if (first.Rule != detection.Rule && (first.End <= detection.Start || detection.End <= first.Start)) secondReview = true;
                            break;
                        case TierAction.Label:
                            labelled = true;
                            break;
                    }

                    break;
                case null when detection.Detector == PersonalDataDetector.DetectorName:
                    var pattern = ActionOn(detection);
                    if (pattern == PatternAction.Block) action = GuardAction.Block;
                    else if (pattern == PatternAction.Label) labelled = true;
                    else if (pattern == PatternAction.Mask && side == TextSide.Response) (masks ??= []).Add(detection);
                    break;
                default:
                    var thresholds = thresholdsByLabel.TryGetValue(detection.Label ?? detection.Risk, out var set) ? set : Policies.Thresholds.Never;
                    if (detection.Score < thresholds.Label)
                    {
                        dropped++;
                        continue;
                    }

                    if (rule.Most == RiskAction.Watch) break;

                    // Signs of a crisis confirm nothing: they would turn a hint beside them into a block.
                    confirmed |= detection.Risk != CrisisRisk;
                    var bar = point == DecisionPoint.Whole ? thresholds.Block : thresholds.Cut;
                    if (detection.Score >= bar && rule.Most == RiskAction.Block) action = GuardAction.Block;
                    else if (point == DecisionPoint.Whole) labelled = true;
                    break;
            }

            (kept ??= new List<Detection>(detections.Count)).Add(detection);
        }

        if (review is not null && (secondReview || confirmed)) action = GuardAction.Block;
        else if (review is not null || crisis) labelled = true;
        if (labelled && action < GuardAction.Label) action = GuardAction.Label;
        if (masks is not null && action < GuardAction.Mask) action = GuardAction.Mask;
        if (kept is null) return Verdict.Clean;
        masks?.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        return new Verdict(action, kept, detections.Total - dropped) { IsLabelled = labelled, Masks = masks ?? [] };
    }

    private static FrozenSet<string> HeldOf(FrozenDictionary<string, PatternAction> actions) =>
        actions.Where(pair => pair.Value != PatternAction.Watch).Select(pair => pair.Key).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private PatternAction ActionOn(in Detection detection) => detection.Detector == PersonalDataDetector.DetectorName
        ? PersonalData.GetValueOrDefault(detection.Rule)
        : PatternAction.Watch;

    /// <summary>What a hit does in a spelling that innocent text has too.</summary>
    private TierAction Weakened(TierAction action, in Detection detection)
    {
        if (action <= TierAction.Label || !MayOnlyLabel(detection)) return action;
        return Variants == VariantAction.Watch ? TierAction.Watch : TierAction.Label;
    }

    /// <summary>What was decoded out of a stream has left in part already, whatever the policy says of variants.</summary>
    private bool MayOnlyLabel(in Detection detection) =>
        detection.LabelsOnly && (Variants != VariantAction.Block || (detection.Foldings & Foldings.Encoding) != 0);
}
