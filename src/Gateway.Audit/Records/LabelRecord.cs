namespace Gateway.Audit.Records;

/// <summary>Which labels an answer carried.</summary>
public sealed record LabelRecord
{
    /// <summary><c>written</c> by the gateway, <c>kept</c>, <c>replaced</c> or <c>propagated</c> where the model server sent one, <c>none</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The gateway's own number for the content, where it is not the exchange's id.</summary>
    public string? Id { get; init; }

    /// <summary>The number of the label that the model server sent.</summary>
    public string? Upstream { get; init; }

    /// <summary>Which key protects the gateway's part.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// The explicit notice in the text: <c>prefix</c>, <c>suffix</c>; <c>present</c> where the model wrote it itself; <c>withheld</c> where it would have stood in JSON,
    /// code or a form that was asked for; <c>agreed</c> where an agreement lets the answer go without.
    /// </summary>
    public string? Text { get; init; }
}
