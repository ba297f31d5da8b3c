namespace Gateway.Protocols;

/// <summary>A complete response of the gateway's own.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Media type.</param>
/// <param name="Body">The body.</param>
internal sealed record Refusal(int Status, string ContentType, ReadOnlyMemory<byte> Body);
