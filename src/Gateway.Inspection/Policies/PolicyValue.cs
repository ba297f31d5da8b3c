using System.Globalization;

namespace Gateway.Inspection.Policies;

/// <summary>One value of a policy: a word, a switch or a text (<see cref="Text"/>), or a number.</summary>
/// <param name="Text">The word as the table spells it, <c>true</c> or <c>false</c>, or the text; <see langword="null"/> for a number.</param>
/// <param name="Number">The number.</param>
public readonly record struct PolicyValue(string? Text, float Number = 0)
{
    /// <summary>A switch.</summary>
    /// <param name="on">Its value.</param>
    public static PolicyValue Of(bool on) => new(on ? "true" : "false");

    /// <summary>As a reader sees it.</summary>
    public override string ToString() => Text ?? Number.ToString("0.######", CultureInfo.InvariantCulture);
}
