namespace Gateway.Proxy;

/// <summary>Unwinds a <see cref="StreamGuard"/> that has just written the end of its stream. Never leaves it.</summary>
internal sealed class StreamCutException : Exception;
