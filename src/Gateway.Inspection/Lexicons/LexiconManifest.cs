namespace Gateway.Inspection.Lexicons;

/// <summary>
/// What a lexicon says about itself: <c>manifest.json</c> beside its files. Every key is optional. It describes; what
/// identifies a lexicon is <see cref="Lexicon.Version"/>, the hash that covers this file too.
/// </summary>
public sealed record LexiconManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";

    /// <summary><c>name</c>: what the lexicon is called.</summary>
    public string? Name { get; init; }

    /// <summary><c>version</c>: a label for people, such as <c>2026.11.2</c>.</summary>
    public string? Label { get; init; }

    /// <summary><c>issued</c>: when this issue was first given out.</summary>
    public DateTimeOffset? Issued { get; init; }

    /// <summary><c>updated</c>: when its terms were last gone through. The age of a lexicon counts from here.</summary>
    public DateTimeOffset? Updated { get; init; }

    /// <summary><c>description</c>: what it is for.</summary>
    public string? Description { get; init; }

    /// <summary><c>source</c>: where its terms come from.</summary>
    public string? Source { get; init; }

    /// <summary><c>licence</c> or <c>license</c>: on what terms it may be used.</summary>
    public string? Licence { get; init; }

    /// <summary><see cref="Updated"/>, else <see cref="Issued"/>.</summary>
    public DateTimeOffset? Dated => Updated ?? Issued;
}
