using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>Less reached the client than the close said: it left while the last bytes were being written.</summary>
public sealed record DeliveryEntry : AuditEntry
{
    /// <inheritdoc/>
    [JsonPropertyOrder(-2)]
    public override string Kind => AuditKinds.Delivery;

    /// <summary>What the client received of the answer's text, UTF-16 units.</summary>
    public required long DeliveredChars { get; init; }

    /// <summary>Why, for instance <c>client_gone</c>.</summary>
    public required string Reason { get; init; }
}
