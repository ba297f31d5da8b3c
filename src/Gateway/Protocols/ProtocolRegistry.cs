namespace Gateway.Protocols;

/// <summary>The protocols, asked in order. Exactly one may claim a request.</summary>
internal sealed class ProtocolRegistry(IEnumerable<IProtocol> protocols)
{
    private readonly IProtocol[] _protocols = [.. protocols];

    /// <summary>The protocol whose shapes are used for refusals that come before a protocol is known.</summary>
    public IProtocol Default => _protocols[0];

    /// <summary>Finds who serves a request.</summary>
    /// <returns>The protocol and its operation; <see langword="null"/> when nobody does, and the request is refused.</returns>
    public (IProtocol Protocol, Operation Operation)? Claim(string method, string path)
    {
        foreach (var protocol in _protocols)
        {
            if (protocol.Claim(method, path) is { } operation) return (protocol, operation);
        }

        return null;
    }
}
