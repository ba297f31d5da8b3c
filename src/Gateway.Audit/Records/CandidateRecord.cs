namespace Gateway.Audit.Records;

/// <summary>What a policy to come would have done, where that differs from what was done.</summary>
public sealed record CandidateRecord
{
    /// <summary>Version of the policies to come.</summary>
    public required string Version { get; init; }

    /// <summary>Action on the prompt.</summary>
    public required string Request { get; init; }

    /// <summary>Action on the answer, as far as it was judged; <see langword="null"/> where there was none.</summary>
    public string? Response { get; init; }

    /// <summary>Not all findings were there to decide by: the policy in force had blocked before the classifier was asked, or had cut the stream.</summary>
    public bool? Partial { get; init; }
}
