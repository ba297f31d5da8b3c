using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>One line of a <see cref="JsonShape"/>: a path with what is special about it, and why.</summary>
/// <param name="Path">Names joined by dots, <c>[]</c> for array elements: <c>messages[].content[].text</c>.</param>
/// <param name="Rule">How strings there are treated.</param>
/// <param name="Reason">Why it is not plain text, or what it is.</param>
internal sealed record ShapeRule(string Path, FieldRule Rule, string Reason)
{
    public FieldCapture Capture { get; init; }

    public string? MediaKind { get; init; }

    public JsonTokenType[]? Expected { get; init; }

    public bool IsRequired { get; init; }

    public bool Joins { get; init; }

    public bool IsGroup { get; init; }

    public bool IsSubGroup { get; init; }
}
