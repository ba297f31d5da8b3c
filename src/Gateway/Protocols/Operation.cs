namespace Gateway.Protocols;

/// <summary>
/// One thing that can be asked of a protocol: method and path with what its bodies look like. A list of these is all that
/// routing, guards and the census know of a protocol's surface.
/// </summary>
/// <param name="Name">Name in records: <c>chat</c>, <c>models</c>.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Paths">
/// Paths, compared exactly; <c>{model}</c> or <c>{id}</c> stands for one segment (or the rest of one before a colon) of
/// letters, digits and <c>. _ ~ @ : -</c>.
/// </param>
internal sealed record Operation(string Name, string Method, params string[] Paths)
{
    /// <summary>The request's body; <see langword="null"/> when it has none, and none is forwarded.</summary>
    public JsonShape? Request { get; init; }

    /// <summary>The request may also be a form with files in it.</summary>
    public bool TakesForms { get; init; }

    /// <summary>An answer that comes whole, errors of the model server included.</summary>
    public JsonShape? Answer { get; init => field = value?.WithLabel(); }

    /// <summary>One event of a streamed answer.</summary>
    public JsonShape? StreamEvent { get; init => field = value?.WithLabel(); }

    /// <summary>How the answer can be streamed.</summary>
    public StreamFormats Streams { get; init; }

    /// <summary>Whether the answer is streamed when the request does not say.</summary>
    public bool StreamsByDefault { get; init; }

    /// <summary>The answer is text that a model made: it carries labels.</summary>
    public bool IsGenerated { get; init; }

    /// <summary>Members of the request that fix the form of the answer (JSON, a grammar, code): a notice in the text would break it.</summary>
    public string[] FormFields { get; init; } = [];

    /// <summary>The answer may be sound or a picture, which nobody judges: its kind.</summary>
    public string? AnswerMedia { get; init; }

    /// <summary>Why neither request nor answer is judged; <see langword="null"/> when they are.</summary>
    public string? ExemptReason { get; init; }

    /// <summary>Refused by name: what the client is told.</summary>
    public GatewayError? Refusal { get; init; }
}
