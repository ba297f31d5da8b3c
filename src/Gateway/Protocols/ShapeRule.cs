using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>One line of a <see cref="JsonShape"/>: a path with what is special about it, and why.</summary>
/// <param name="Path">Names joined by dots, <c>[]</c> for array elements: <c>messages[].content[].text</c>.</param>
/// <param name="Rule">How strings there are treated.</param>
/// <param name="Reason">Why it is not plain text, or what it is.</param>
internal sealed record ShapeRule(string Path, FieldRule Rule, string Reason)
{
    public FieldCapture Capture { get; init; }

    /// <summary>Kind of <see cref="FieldRule.Media"/>; also for <see cref="FieldRule.Opaque"/>.</summary>
    public string? MediaKind { get; init; }

    /// <summary>The only JSON types that are valid here.</summary>
    public JsonTokenType[]? Expected { get; init; }

    /// <summary>What to do instead, when another type comes.</summary>
    public string? Remedy { get; init; }

    public bool IsRequired { get; init; }

    /// <summary>A list of numbers that spells a text in UTF-8, byte by byte.</summary>
    public bool IsBytes { get; init; }

    /// <summary>Strings of this place are one text, as the model or client reads them, whatever stands between them.</summary>
    public bool Joins { get; init; }

    /// <summary>Of those that join: each is a part of its own too, and words begin and end with it. Pieces that cut words are not.</summary>
    public bool IsPart { get; init; }

    /// <summary>Joined apart from the others, where a member beside it has a value: <c>NAME:VALUE</c>.</summary>
    public string? ApartIf { get; init; }

    /// <summary>Encoded only where a member beside it has a value: <c>NAME:VALUE</c>. Elsewhere it is text.</summary>
    public string? EncodedIf { get; init; }

    /// <summary>In a stream: each string is complete; it does not go on in the next event.</summary>
    public bool IsWhole { get; init; }

    /// <summary>In a stream: strings of all places with this name are one text, whatever kind of event they come in.</summary>
    public string? Channel { get; init; }

    /// <summary>People read this text: an explicit notice may go into it.</summary>
    public bool IsShown { get; init; }

    /// <summary>Only where a member beside it has a value: <c>NAME:VALUE</c>; with no value, where it is absent or false.</summary>
    public string? ShownIf { get; init; }

    /// <summary>Each element of this array (or the body itself) is a group: a message, a choice, a content block.</summary>
    public bool IsGroup { get; init; }

    /// <summary>What the groups are called in records, where the path does not say it.</summary>
    public string? Called { get; init; }

    /// <summary>Each element of this array (or the body itself) is a part of a group: a tool call.</summary>
    public bool IsSubGroup { get; init; }
}
