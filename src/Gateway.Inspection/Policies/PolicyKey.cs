namespace Gateway.Inspection.Policies;

/// <summary>
/// One kind of value that a policy may hold: how it is written, what applies when nobody writes it, and which of two values is the
/// stricter. <c>*</c> in the path stands for a risk, a kind or a folding.
/// </summary>
/// <param name="Path">Its place: <c>OnFault</c>, <c>Label:Risk</c>, <c>Thresholds:*:Block</c>.</param>
/// <param name="Kind">How it is written.</param>
/// <param name="Summary">What it says, in a sentence.</param>
public sealed record PolicyKey(string Path, PolicyValueKind Kind, string Summary)
{
    /// <summary>The words of a <see cref="PolicyValueKind.Word"/>, as messages and schema name them.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The same words from lenient to strict; empty where none is stricter than another.</summary>
    public IReadOnlyList<string> Strictness { get; init; } = [];

    /// <summary>What applies when nobody writes it; <see langword="null"/> where that depends on the model or the settings.</summary>
    public string? Default { get; init; }

    /// <summary>Only the last of <see cref="Strictness"/> is stricter than others, which each ask for something of their own.</summary>
    public bool IsPartial { get; init; }

    /// <summary>For a count, or a list with commas: more is the stricter (<see langword="true"/>), fewer is (<see langword="false"/>), or neither.</summary>
    public bool? MoreIsStricter { get; init; }

    /// <summary>One of two values can be the stricter: a base binds everybody. Switches are strict when on, probabilities when low.</summary>
    public bool IsOrdered => Strictness.Count > 0 || Kind is PolicyValueKind.Switch or PolicyValueKind.Probability || MoreIsStricter is not null;

    /// <summary>Whether one value is weaker than another.</summary>
    /// <param name="value">The value.</param>
    /// <param name="than">What it is compared with.</param>
    public bool IsWeaker(PolicyValue value, PolicyValue than) => Kind switch
    {
        PolicyValueKind.Probability => value.Number > than.Number,
        PolicyValueKind.Switch => value.Text == "false" && than.Text == "true",
        PolicyValueKind.Count when MoreIsStricter == false => value.Number > than.Number,
        PolicyValueKind.Count when MoreIsStricter == true => value.Number < than.Number,
        PolicyValueKind.Sentence when MoreIsStricter == false => Items(value).Except(Items(than), StringComparer.Ordinal).Any(),
        PolicyValueKind.Sentence when MoreIsStricter == true => Items(than).Except(Items(value), StringComparer.Ordinal).Any(),
        PolicyValueKind.Word when IsPartial => value != than && value.Text != Strictness[^1],
        PolicyValueKind.Word when IsOrdered => Rank(value) < Rank(than),
        _ => false,
    };

    /// <summary>The items of a list that is written with commas.</summary>
    /// <param name="value">The list.</param>
    internal static string[] Items(PolicyValue value) => value.Text!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private int Rank(PolicyValue value)
    {
        for (var rank = 0; rank < Strictness.Count; rank++)
        {
            if (Strictness[rank] == value.Text) return rank;
        }

        return -1;
    }
}
