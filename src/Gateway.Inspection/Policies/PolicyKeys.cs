using System.Collections.Frozen;
using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Policies;

/// <summary>
/// The table of everything a policy can say. Reader, schema, inheritance and explanation all go by it, so that a key is added in
/// one line here and one in <see cref="PolicyCompiler"/>.
/// </summary>
public static class PolicyKeys
{
    internal const string AgreementsPath = "Label:Agreements";

    /// <summary>Parts that exist for both directions, at the top or within <c>Prompt</c> and <c>Response</c>.</summary>
    internal static readonly string[] Directional = ["Thresholds", "Tiers", "Actions"];

    /// <summary>The two directions.</summary>
    internal static readonly string[] Directions = ["Prompt", "Response"];

    /// <summary>Every key, in the order in which they are explained.</summary>
    public static IReadOnlyList<PolicyKey> All { get; } =
    [
        Word("Mode", "Enforce verdicts, or only record them.", ["Enforce", "Monitor"], ["Monitor", "Enforce"]),
        Word("Stream", "How streamed text is released.", ["Hold", "Tail", "Follow"], ["Follow", "Tail", "Hold"]),
        Word("OnBlock", "A blocked prompt is answered with an error, or with a canned answer.", ["error", "answer"]),
        new("Answer", PolicyValueKind.Sentence, "The canned answer.") { Default = new Policy { Name = "" }.Answer },
        Fault("OnFault", "When a detector fails, times out or is overloaded.", "Block"),
        Fault("OnUninspectable", "When an answer cannot be read as text.", "Block"),
        Fault("OnAuditFault", "When the journal cannot take the record.", "Block"),
        Fault("OnMedia", "When a request holds an image, sound or file.", "Allow"),
        Word("OnBlockedHistory", "When history holds a turn that was blocked for this user: refuse, or cut that turn out.", ["refuse", "replace"], ["replace", "refuse"]),
        Word("Watched", "Findings in tool definitions, metadata and stop sequences.", ["Record", "Enforce"], ["Record", "Enforce"]),
        Word("Variants", "What a term in a variant spelling does.", ["Label", "Block", "Watch"], ["Watch", "Label", "Block"]),
        Word("Retention", "Class of what a record keeps of the text; without it Gateway:Audit:Text decides.", ["digest", "evidence", "full"], ["digest", "evidence", "full"]) with { Default = null },
        new("Foldings:*", PolicyValueKind.Switch, "A folding, on or off.") { Default = "true" },
        Word("PersonalData:*", "What a finding of personal data or of a key does.", ["Watch", "Label", "Mask", "Block"], ["Watch", "Label", "Mask", "Block"]) with { Default = null },
        new("Label:Risk", PolicyValueKind.Switch, "Write the risk label into labelled answers.") { Default = "true" },
        new("Label:AIGC", PolicyValueKind.Switch, "Write the AI-content label where a producer is configured.") { Default = "true" },
        Word("Label:Mode", "Where the explicit AI notice goes: around the text only, before it or after it.", ["envelope", "prefix", "suffix"], ["envelope", "suffix", "prefix"]),
        new("Label:Text", PolicyValueKind.Sentence, "The explicit notice: it names AI and generation."),
        Word("Label:Profile", "Whose rules labels follow: GB 45438-2025, Art. 50 of the EU's AI Act, or both.", ["cn", "eu", "both"], ["cn", "eu", "both"]) with { IsPartial = true },
        new(AgreementsPath, PolicyValueKind.Sentence, "Agreements, separated by commas, by which a known user gets answers without the notice in their text.") { MoreIsStricter = false },
        new("Session:Companion", PolicyValueKind.Switch, "The service keeps company: notices, exit and care for minors apply.") { Default = "false" },
        new("Session:ReminderMinutes", PolicyValueKind.Count, "Minutes of continuous use after which a notice comes, again and again.") { Default = "120", MoreIsStricter = false },
        new("Session:IdleMinutes", PolicyValueKind.Count, "Minutes of pause after which use is no longer continuous.") { Default = "30", MoreIsStricter = true },
        new("Session:DependenceMinutes", PolicyValueKind.Count, "Least minutes between two notices of dependence.") { Default = "60", MoreIsStricter = false },
        new("Session:Notice", PolicyValueKind.Sentence, "The notice with the first answer.") { Default = new SessionRules().Notice },
        new("Session:Reminder", PolicyValueKind.Sentence, "The notice after continuous use.") { Default = new SessionRules().Reminding },
        new("Session:Dependence", PolicyValueKind.Sentence, "The notice on signs of dependence.") { Default = new SessionRules().Dependence },
        new("Session:Exit", PolicyValueKind.Sentence, "Words, separated by commas, that end the conversation at once.") { Default = string.Join(", ", new SessionRules().Exit), MoreIsStricter = true },
        new("Session:Farewell", PolicyValueKind.Sentence, "The whole answer to such a word.") { Default = new SessionRules().Farewell },
        new("Session:RefuseMinors", PolicyValueKind.Switch, "Minors may not use a service that keeps company.") { Default = "true" },
        new("Crisis:Answer", PolicyValueKind.Sentence, "What a person in distress is told instead of a refusal; without it such prompts are treated like any other."),
        new("Crisis:Helplines", PolicyValueKind.Sentence, "Where help is to be had, separated by semicolons."),
        new("Crisis:Webhook", PolicyValueKind.Sentence, "Address that is told of a crisis, so that an emergency contact can be reached."),
        new("Thresholds:*:Block", PolicyValueKind.Probability, "Probability from which a whole text is blocked."),
        new("Thresholds:*:Label", PolicyValueKind.Probability, "Probability from which a text is labelled and a review term confirmed."),
        new("Thresholds:*:Cut", PolicyValueKind.Probability, "Probability from which a stream is cut in the middle."),
        Tier("block", "Block"),
        Tier("review", "Confirm"),
        // No more than a label: of watch terms only so many are kept, and allow terms do not protect from them.
        Word("Tiers:*:watch", "What a watch term of a risk does.", ["Watch", "Label"], ["Watch", "Label"]),
        Word("Actions:*", "The most that findings of a risk may do.", ["Watch", "Label", "Block"], ["Watch", "Label", "Block"]) with { Default = "Block" },
    ];

    private static readonly FrozenDictionary<string, PolicyKey> ByPath = All.ToFrozenDictionary(key => key.Path, StringComparer.Ordinal);

    /// <summary>What may stand where a path has <c>*</c>.</summary>
    /// <param name="section">The first part of the path.</param>
    internal static IReadOnlyList<string> NamesIn(string section) => section switch
    {
        "PersonalData" => PersonalDataKinds.All,
        "Foldings" => [.. Enum.GetNames<Text.Foldings>().Where(name => name != nameof(Text.Foldings.None))],
        "Thresholds" => [Detection.AnyLabel, .. Taxonomy.Default.All],
        _ => [Detection.AnyLabel, .. Groups, .. Taxonomy.Default.All],
    };

    /// <summary>Groups of risks.</summary>
    internal static IReadOnlyList<string> Groups { get; } = [.. Taxonomy.Default.Risks.Select(risk => risk.Group).Distinct()];

    /// <summary>The key of a concrete place such as <c>Prompt:Thresholds:any:Block</c>.</summary>
    /// <param name="leaf">The place.</param>
    public static PolicyKey Of(string leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        if (ByPath.TryGetValue(leaf, out var key)) return key;
        var parts = leaf.Split(':');
        if (Array.IndexOf(Directions, parts[0]) >= 0) parts = parts[1..];
        return ByPath[parts.Length == 2 ? $"{parts[0]}:*" : $"{parts[0]}:*:{parts[2]}"];
    }

    private static PolicyKey Word(string path, string summary, string[] words, string[]? strictness = null) =>
        new(path, PolicyValueKind.Word, summary) { Words = words, Strictness = strictness ?? [], Default = words[0] };

    private static PolicyKey Fault(string path, string summary, string @default) => Word(path, summary, ["Block", "Allow"], ["Allow", "Block"]) with { Default = @default };

    private static PolicyKey Tier(string tier, string @default) =>
        Word($"Tiers:*:{tier}", $"What a {tier} term of a risk does.", ["Watch", "Label", "Confirm", "Block"], ["Watch", "Label", "Confirm", "Block"]) with { Default = @default };
}
