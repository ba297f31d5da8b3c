using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>An exchange began and its prompt was judged. Durable before the first byte reaches the client.</summary>
public sealed record OpenEntry : AuditEntry
{
    /// <inheritdoc/>
    [JsonPropertyOrder(-2)]
    public override string Kind => AuditKinds.Open;

    /// <summary>Name of the protocol, for instance <c>openai</c>; <c>none</c> where no protocol claimed the path.</summary>
    public required string Protocol { get; init; }

    /// <summary>What was asked for in the protocol's words, for instance <c>chat.completions</c>; <see langword="null"/> where unknown.</summary>
    public string? Operation { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path of the request without its query.</summary>
    public required string Path { get; init; }

    /// <summary>The model the client named; <see langword="null"/> where it named none or the body was not read.</summary>
    public string? Model { get; init; }

    /// <summary>The client asked for a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>The tenant; <see langword="null"/> where there are none.</summary>
    public string? Tenant { get; init; }

    /// <summary>Pseudonym of the end user; <see langword="null"/> where the user is not known.</summary>
    public string? User { get; init; }

    /// <summary>Whether the exchange may be used for training. Exports that are not for audit leave out what may not.</summary>
    public bool TrainingUse { get; init; }

    /// <summary>Calendar months that this record asks to be kept; <see langword="null"/> for as long as the archive keeps any. Never fewer than that.</summary>
    public int? RetentionMonths { get; init; }

    /// <summary>Name of the policy that decided; <see langword="null"/> where none applied.</summary>
    public string? Policy { get; init; }

    /// <summary><c>enforce</c>, or <c>monitor</c> when verdicts were recorded and not carried out.</summary>
    public string? Mode { get; init; }

    /// <summary>The compiled configuration the exchange is pinned to.</summary>
    public required string PolicyEpoch { get; init; }

    /// <summary>Version of the lexicons (a digest of their content).</summary>
    public string? LexiconVersion { get; init; }

    /// <summary>Version of the classifier (name and digest); <see langword="null"/> where none is loaded.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Version of the text folding.</summary>
    public string? FolderVersion { get; init; }

    /// <summary>What was found in the prompt and what became of it.</summary>
    public required DirectionRecord Request { get; init; }
}
