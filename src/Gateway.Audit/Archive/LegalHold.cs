namespace Gateway.Audit.Archive;

/// <summary>A duty to keep records beyond their time: those that match everything that is set.</summary>
public sealed record LegalHold
{
    /// <summary>Id of the hold.</summary>
    public required string Id { get; init; }

    /// <summary>The tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>Pseudonyms of the user.</summary>
    public IReadOnlyList<string>? Users { get; init; }

    /// <summary>Opened at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Opened before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Id of the exchange.</summary>
    public string? Exchange { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Who set it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it was set.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The records it keeps.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Search.RecordFilter Filter => new() { Tenant = Tenant, Users = Users, From = From, To = To, Id = Exchange };
}
