namespace Gateway.Sanctions;

/// <summary>How a user stands. Times are Unix milliseconds; days are those of Asia/Shanghai, counted from 1970.</summary>
internal readonly record struct Standing
{
    public UserState State { get; init; }

    /// <summary>When the state ends by itself; 0 for never.</summary>
    public long Until { get; init; }

    /// <summary>Blocked prompts since the last clean one.</summary>
    public int InRow { get; init; }

    /// <summary>Blocked prompts on <see cref="Day"/>.</summary>
    public int Today { get; init; }

    public long Day { get; init; }

    /// <summary>Suspensions so far.</summary>
    public int Suspensions { get; init; }

    /// <summary>When the state began.</summary>
    public long Since { get; init; }

    /// <summary>Why, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>Who decided: <c>gateway</c>, or the name of an admin key.</summary>
    public string? Actor { get; init; }

    /// <summary>What the user says against it, while that is undecided.</summary>
    public string? Appeal { get; init; }

    /// <summary>The user's pseudonym in the records of the node that decided.</summary>
    public string? Subject { get; init; }

    /// <summary>The tenant's name, where that is known.</summary>
    public string? Tenant { get; init; }

    /// <summary>Nothing passes.</summary>
    public bool IsShut => State >= UserState.Suspended;
}
