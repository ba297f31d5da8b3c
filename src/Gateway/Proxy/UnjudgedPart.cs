namespace Gateway.Proxy;

/// <summary>Something that passed without a judgement, and why.</summary>
/// <param name="Reason">Why: <c>media</c>, <c>exempt</c>, <c>fault</c>, <c>uninspectable</c>.</param>
/// <param name="Field">Path, where there is one.</param>
/// <param name="Kind">Kind of media, or of fault.</param>
/// <param name="Bytes">Size in bytes; 0 when unknown.</param>
internal readonly record struct UnjudgedPart(string Reason, string? Field, string? Kind, long Bytes);
