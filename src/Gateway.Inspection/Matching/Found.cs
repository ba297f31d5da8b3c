using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>A pattern found in a text.</summary>
/// <param name="Pattern">Id of the pattern in its view.</param>
/// <param name="Start">Where it starts in the text.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Path">The foldings that the way from symbol to symbol needed.</param>
/// <param name="IsOpen">The next character of the text may undo it.</param>
internal readonly record struct Found(int Pattern, int Start, int End, Foldings Path, bool IsOpen);
