namespace Gateway.Audit.Records;

/// <summary>One text field as evidence keeps it.</summary>
/// <param name="Field">Its path, for instance <c>messages[0].content</c>, or the channel of a stream.</param>
/// <param name="Text">Its text.</param>
public sealed record KeptField(string Field, string Text);
