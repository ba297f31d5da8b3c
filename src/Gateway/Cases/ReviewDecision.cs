namespace Gateway.Cases;

/// <summary>What a reviewer found about one side of an exchange.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Side"><c>prompt</c> or <c>response</c>.</param>
/// <param name="Labels">Risks; none for a harmless text.</param>
/// <param name="Reviewer">Who.</param>
/// <param name="Time">When.</param>
internal sealed record ReviewDecision(string Exchange, string Side, IReadOnlyList<string> Labels, string Reviewer, DateTimeOffset Time)
{
    /// <summary>The labels in one word, to compare and to record.</summary>
    public string Word => string.Join(',', Labels.Order(StringComparer.Ordinal));
}
