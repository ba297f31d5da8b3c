namespace Gateway.Inspection.Policies;

/// <summary>Probabilities, 0 to 1, from which a classifier's answer leads to an action. Reached means at or above.</summary>
/// <param name="Block">Blocks a whole text. Must not be below <paramref name="Label"/>.</param>
/// <param name="Label">Labels, and confirms a review term.</param>
/// <param name="Cut">
/// Cuts a stream in the middle. Half an answer is judged less reliably than a whole one, so it must not be below <paramref name="Block"/>.
/// </param>
public readonly record struct Thresholds(float Block, float Label, float Cut)
{
    /// <summary>Never reached: for a label that decides nothing.</summary>
    public static Thresholds Never { get; } = new(float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity);
}
