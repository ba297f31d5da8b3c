using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>What a pattern stands for.</summary>
/// <param name="Term">Index of the term.</param>
/// <param name="Holding">Whether a stream waits for it.</param>
/// <param name="Variant">How it differs from the term as written: a spelling in pinyin, initials, sounds, parts, or leetspeak.</param>
/// <param name="IsWord">It counts only as a whole word.</param>
/// <param name="Separators">For each place between two symbols the separators the term has there; empty when it has none.</param>
/// <param name="ConfusableCount">How many symbols of the pattern are look-alikes themselves.</param>
/// <param name="ForeignCount">How many of these are of another script.</param>
/// <param name="Foldings">The foldings that the term's own text goes through.</param>
internal sealed record PatternInfo(int Term, Holding Holding, Foldings Variant, bool IsWord, OwnGap[] Separators, int ConfusableCount, int ForeignCount, Foldings Foldings)
{
    /// <summary>Its symbols.</summary>
    public required int Length { get; init; }

    /// <summary>The separators the term has before a symbol.</summary>
    /// <param name="index">Index of the symbol, from 1.</param>
    public OwnGap GapBefore(int index) => Separators.Length == 0 ? default : Separators[index - 1];
}
