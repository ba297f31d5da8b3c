using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>An exchange ended. Durable before the last byte or terminator reaches the client.</summary>
public sealed record CloseEntry : AuditEntry
{
    /// <inheritdoc/>
    [JsonPropertyOrder(-2)]
    public override string Kind => AuditKinds.Close;

    /// <summary>How it ended, one of <see cref="AuditOutcomes"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>HTTP status the client received; <see langword="null"/> where none was sent or it is not known.</summary>
    public int? Status { get; init; }

    /// <summary>What was found in the answer and what became of it; <see langword="null"/> where it is not known (<see cref="AuditOutcomes.Lost"/>).</summary>
    public DirectionRecord? Response { get; init; }

    /// <summary>The last message of the prompt, encrypted, where the answer is kept and the open entry kept no text.</summary>
    public SealedText? Prompt { get; init; }

    /// <summary>
    /// Milliseconds, rounded to 0.001: <c>total</c> from the request's head to the close; <c>gateway</c> of it in the gateway's own rooms;
    /// <c>read</c> until the request's body was there; <c>inspect</c> for extracting and judging the prompt; <c>upstream</c> from forwarding to the
    /// head of the answer; <c>answer</c> in the gateway's rooms since then. A room that was not entered is not named.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Timings { get; init; }

    /// <summary>What the model server counted, by its own names, for instance <c>prompt_tokens</c>; <see langword="null"/> where it said nothing.</summary>
    public IReadOnlyDictionary<string, long>? Usage { get; init; }

    /// <summary>What a policy to come would have done, where it differs; <see langword="null"/> otherwise.</summary>
    public CandidateRecord? Candidate { get; init; }

    /// <summary>What a shadow model said; <see langword="null"/> where none was shown anything.</summary>
    public ShadowRecord? Shadow { get; init; }

    /// <summary>Which labels the answer carried; <see langword="null"/> where none were to be written.</summary>
    public LabelRecord? Label { get; init; }

    /// <summary>What was done out of care for a person: <c>crisis</c>, <c>help</c>, <c>exit</c>, <c>ai</c>, <c>duration</c>, <c>dependence</c>; <see langword="null"/> for nothing.</summary>
    public IReadOnlyList<string>? Care { get; init; }

    /// <summary>Id of the destination that served; <see langword="null"/> where none was asked.</summary>
    public string? Upstream { get; init; }

    /// <summary>What went wrong, in the gateway's words and without quoting text; <see langword="null"/> where nothing did.</summary>
    public string? Fault { get; init; }
}
