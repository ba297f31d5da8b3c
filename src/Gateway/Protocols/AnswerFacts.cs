namespace Gateway.Protocols;

/// <summary>What an answer says of itself, needed to write one in its place.</summary>
/// <param name="Id">The answer's id.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Created">Seconds since 1970.</param>
internal sealed record AnswerFacts(string Id, string Model, long Created);
