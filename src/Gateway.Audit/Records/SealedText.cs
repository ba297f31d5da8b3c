namespace Gateway.Audit.Records;

/// <summary>Text of one direction, readable only with the key of its subject.</summary>
public sealed record SealedText
{
    /// <summary><c>evidence</c>: the fields with findings; <c>full</c>: all of them.</summary>
    public required string Form { get; init; }

    /// <summary>Pseudonym of the subject whose key opens it.</summary>
    public required string Subject { get; init; }

    /// <summary>Characters inside, UTF-16 units.</summary>
    public required long Chars { get; init; }

    /// <summary>The text was longer than a record keeps: this is its beginning.</summary>
    public bool? Truncated { get; init; }

    /// <summary>Nonce, ciphertext and tag (AES-256-GCM), base64. The context is <c>ID/request</c> or <c>ID/response</c>. Inside: a JSON list of <c>{"field","text"}</c>.</summary>
    public required string Data { get; init; }
}
