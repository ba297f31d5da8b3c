namespace Gateway.Care;

/// <summary>Something that a user is told beside the answer.</summary>
/// <param name="Kind"><c>ai</c>, <c>duration</c>, <c>help</c> or <c>dependence</c>.</param>
/// <param name="Text">What is said.</param>
internal sealed record CareNotice(string Kind, string Text);
