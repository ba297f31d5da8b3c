namespace Gateway.Protocols;

/// <summary>Where a stream stands when the gateway ends it.</summary>
/// <param name="Facts">The answer.</param>
/// <param name="Groups">The groups that have not ended for the client, in order.</param>
/// <param name="Delivered">Events that the client has.</param>
/// <param name="Sequence">Number of the last event it has; −1 when events have none.</param>
/// <param name="Members">Labels, each with a leading comma, to stand before the closing brace of the event that ends the text.</param>
internal sealed record StreamEnd(AnswerFacts Facts, IReadOnlyList<OpenGroup> Groups, int Delivered, long Sequence, ReadOnlyMemory<byte> Members);
