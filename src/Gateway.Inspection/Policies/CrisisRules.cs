namespace Gateway.Inspection.Policies;

/// <summary>How a person in distress is answered.</summary>
/// <param name="Answer">What is said, before the help lines.</param>
/// <param name="Helplines">Where help is to be had, separated by semicolons; each stands on a line of its own.</param>
/// <param name="Webhook">Address that is told, so that an emergency contact can be reached; <see langword="null"/> for none.</param>
public sealed record CrisisRules(string Answer, string? Helplines, string? Webhook)
{
    /// <summary>Risks that are answered so: signs of a crisis, and questions how to harm oneself.</summary>
    public static readonly string[] Risks = [Policy.CrisisRisk, "physical-mental-harm.self-harm"];

    /// <summary>The answer as a whole.</summary>
    public string Text => string.Join('\n', ((string[])[Answer, .. (Helplines ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]));
}
