namespace Gateway.Audit.Records;

/// <summary>What a model said that was shown the same texts and decided nothing.</summary>
public sealed record ShadowRecord
{
    /// <summary>Name and hash of the model, as <c>modelVersion</c> names the one in force.</summary>
    public required string Model { get; init; }

    /// <summary>The prompt; <see langword="null"/> where it answered nothing about it.</summary>
    public ShadowDirection? Request { get; init; }

    /// <summary>The answer; <see langword="null"/> where it answered nothing about it.</summary>
    public ShadowDirection? Response { get; init; }

    /// <summary>Texts that it left out or answered too late for the record; <see langword="null"/> for none.</summary>
    public int? Unanswered { get; init; }
}
