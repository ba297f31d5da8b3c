namespace Gateway.Audit.Records;

/// <summary>The kinds of entry. Readers skip kinds they do not know: later versions add some.</summary>
public static class AuditKinds
{
    /// <summary>An exchange began; written before the first byte reaches the client. See <see cref="OpenEntry"/>.</summary>
    public const string Open = "open";

    /// <summary>An exchange ended; exactly one for each open, written before the last byte reaches the client. See <see cref="CloseEntry"/>.</summary>
    public const string Close = "close";

    /// <summary>Less reached the client than the close said. See <see cref="DeliveryEntry"/>.</summary>
    public const string Delivery = "delivery";

    /// <summary>Signed statement over the chain so far. See <see cref="SealEntry"/>.</summary>
    public const string Seal = "seal";

    /// <summary>Something was done to the records themselves. See <see cref="EventEntry"/>.</summary>
    public const string Event = "event";

    /// <summary>Whether entries of a kind belong to an exchange.</summary>
    public static bool IsOfExchange(ReadOnlySpan<byte> kind) => kind.SequenceEqual("open"u8) || kind.SequenceEqual("close"u8) || kind.SequenceEqual("delivery"u8);
}
