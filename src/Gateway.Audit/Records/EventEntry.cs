using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>Something done to the records themselves: read in the clear, erased, held, deleted. Who did it, and why.</summary>
public sealed record EventEntry : AuditEntry
{
    /// <inheritdoc/>
    [JsonPropertyOrder(-2)]
    public override string Kind => AuditKinds.Event;

    /// <summary>What was done, one of <see cref="AuditEvents"/>.</summary>
    public required string Event { get; init; }

    /// <summary>Who did it: a name of an admin key, or the system's user at the command line.</summary>
    public required string Actor { get; init; }

    /// <summary>Why, in the actor's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Pseudonym of the person it is about.</summary>
    public string? Subject { get; init; }

    /// <summary>Exchange it is about.</summary>
    public string? Exchange { get; init; }

    /// <summary>Further facts by name; never text of an exchange, never a user's own name.</summary>
    public IReadOnlyDictionary<string, string>? Facts { get; init; }
}
