using System.Globalization;

namespace Gateway.Inspection.Policies;

/// <summary>One policy file as it is written: nothing inherited, nothing filled in.</summary>
/// <param name="Name">Name of the policy: its file name without extension.</param>
/// <param name="File">Name of the file.</param>
public sealed record PolicyDocument(string Name, string File)
{
    /// <summary>The policy whose values it starts from; <see langword="null"/> for none.</summary>
    public string? Extends { get; internal set; }

    /// <summary>Models, by name or pattern with <c>*</c>, that it is the policy of.</summary>
    public IReadOnlyList<string> Models { get; internal set; } = [];

    /// <summary>
    /// What it says, by place. Wildcards are spelled out: what it says of a group of risks, or of both directions, it says of each.
    /// </summary>
    public Dictionary<string, PolicyValue> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The line on which each of them is written, from 1; <c>Extends</c> and <c>Models</c> too.</summary>
    public Dictionary<string, int> Lines { get; } = new(StringComparer.Ordinal);

    /// <summary>File and line of a place, as messages begin: <c>default.json:7</c>; the file alone where the place is not written in it.</summary>
    /// <param name="place">The place.</param>
    public string At(string place) => Lines.TryGetValue(place, out var line) ? string.Create(CultureInfo.InvariantCulture, $"{File}:{line}") : File;
}
