namespace Gateway.Inspection.Lexicons;

/// <summary>Options <c>near:TERM:N</c> and <c>not-near:TERM:N</c>: what must, or must not, stand around a term.</summary>
/// <param name="Text">The other term.</param>
/// <param name="Distance">Within how many characters before or after the hit the whole of it must lie, UTF-16 units, 1 to <see cref="MostDistance"/>.</param>
/// <param name="IsForbidden">The hit counts only where the other term does not stand near.</param>
public sealed record NearRule(string Text, int Distance, bool IsForbidden)
{
    /// <summary>The largest distance.</summary>
    public const int MostDistance = 64;
}
