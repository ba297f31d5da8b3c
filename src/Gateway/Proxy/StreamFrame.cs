namespace Gateway.Proxy;

/// <summary>An event that waits to leave.</summary>
/// <param name="Number">Its number in the stream, from 1.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="LabelAt">Offset of the brace that labels go before; −1 when they do not go here.</param>
/// <param name="Characters">Characters of text in it.</param>
/// <param name="HasData">It is an event and not only a comment or white space.</param>
/// <param name="Sequence">The number it gives itself; −1 for none.</param>
internal readonly record struct StreamFrame(long Number, int Length, int LabelAt, int Characters, bool HasData, long Sequence);
