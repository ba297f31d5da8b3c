namespace Gateway.Proxy;

/// <summary>A message of a prompt.</summary>
/// <param name="Group">Its ordinal; −1 for what lies outside messages.</param>
/// <param name="Role">Who speaks, as the body says; empty where it does not.</param>
/// <param name="Digest">A keyed digest of its text, for this user.</param>
/// <param name="IsBlocked">Something in it is blocked.</param>
internal readonly record struct Turn(int Group, string Role, string Digest, bool IsBlocked)
{
    /// <summary>What tools answered.</summary>
    public const string Tool = "tool";

    /// <summary>The model.</summary>
    public const string Assistant = "assistant";

    /// <summary>The user, or whoever writes prompts for them, speaks: not the model, not a tool.</summary>
    public bool IsOfUser => Role is "user" or "system" or "developer" or "";

    public bool IsOfModel => Role is Assistant or "model";

    /// <summary>The user speaks and hands on what tools answered, in one message: it cannot stand without the calls before it.</summary>
    public bool HoldsResults { get; init; }
}
