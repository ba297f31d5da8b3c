using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Unwinds a <see cref="StreamGuard"/> whose stream must end here. Never leaves it.</summary>
/// <param name="culprit">The channel that said what must not leave; <see langword="null"/> for none.</param>
/// <param name="error">The stream cannot be judged; <see langword="null"/> when it was, and blocked.</param>
internal sealed class StreamCutException(StreamChannel? culprit, GatewayError? error = null) : Exception
{
    public StreamChannel? Culprit => culprit;

    public GatewayError? Error => error;
}
