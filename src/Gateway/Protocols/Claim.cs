namespace Gateway.Protocols;

/// <summary>Who serves a request.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Operation">What it is asked for.</param>
/// <param name="Model">The model that the path names, if it does.</param>
internal readonly record struct Claim(IProtocol Protocol, Operation Operation, string? Model);
