namespace Gateway.Audit.Archive;

/// <summary>What an index must know of an exchange until it is closed.</summary>
/// <param name="Sequence">Number of its open entry.</param>
/// <param name="Time">When it was opened, UTC ticks.</param>
/// <param name="Tenant">Its tenant.</param>
/// <param name="User">Its user's pseudonym.</param>
/// <param name="Model">The model it named.</param>
/// <param name="Risks">Risks found in its prompt, each with a comma on both sides.</param>
/// <param name="Action">What was done about the prompt.</param>
/// <param name="TrainingUse">May be used for training.</param>
/// <param name="Months">Calendar months it asks to be kept; 0 where it does not ask.</param>
internal sealed record PendingExchange(
    long Sequence, long Time, string? Tenant, string? User, string? Model, string? Risks, string? Action, bool TrainingUse, byte Months);
