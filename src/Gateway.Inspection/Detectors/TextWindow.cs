using System.Collections.Frozen;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// A text, or the part of a stream that a detector may look at. The characters before <paramref name="Fresh"/> are
/// context: judged and released before, shown again so that a finding can be understood, never reported again.
/// </summary>
/// <param name="Text">The characters, in order, without gaps.</param>
/// <param name="Fresh">Offset of the first character that is still held. 0 for a whole text.</param>
/// <param name="IsFinal">No character will follow.</param>
/// <param name="Side">Prompt or response.</param>
public readonly record struct TextWindow(ReadOnlyMemory<char> Text, int Fresh, bool IsFinal, TextSide Side)
{
    /// <summary>
    /// Offset of the first character from which on a hint (a review term) is held as it comes: something stands ready to confirm it.
    /// Before, one hint alone changes nothing that leaves. 0, the default: everywhere.
    /// </summary>
    public int HintsHeldFrom { get; init; }

    /// <summary>The kinds of pattern (<see cref="PersonalDataKinds"/>) that something acts upon, so that text which may become one is held. <see langword="null"/>, the default: all.</summary>
    public FrozenSet<string>? PatternsHeld { get; init; }

    /// <summary>A whole text, as found in a request or in an answer that was not streamed.</summary>
    /// <param name="text">The text.</param>
    /// <param name="side">Prompt or response.</param>
    public static TextWindow Whole(ReadOnlyMemory<char> text, TextSide side) => new(text, 0, true, side);
}
