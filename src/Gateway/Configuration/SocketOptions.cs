namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Sockets</c>: how threads that watch sockets are used. Read at start.</summary>
internal sealed class SocketOptions
{
    /// <summary>Exchanges go on on the thread that noticed their bytes. Default true; false hands each step to the thread pool.</summary>
    public bool Inline { get; set; } = true;

    /// <summary>Where the gateway may use every processor of its machine, each such thread keeps to one. Default true; say false where others use the machine heavily.</summary>
    public bool Pinned { get; set; } = true;
}
