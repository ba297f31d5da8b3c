using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Finds the events of a stream in a growing buffer. Bytes are never changed or dropped, so an allowed stream stays what it was.</summary>
internal abstract class StreamFraming
{
    private readonly List<(int Start, int Length)> _data = [];
    private readonly List<(int Start, int Length)> _other = [];

    /// <summary>How the stream is framed.</summary>
    public abstract StreamFormats Format { get; }

    /// <summary>The data of the current event in pieces, as ranges of the bytes given to <see cref="TryRead"/>; joined by line feeds they are its data.</summary>
    public List<(int Start, int Length)> Data => _data;

    /// <summary>The event holds something that some readers take for data and others do not.</summary>
    public bool IsAmbiguous { get; protected set; }

    /// <summary>Its other lines that are not empty: comments, event names, ids.</summary>
    public List<(int Start, int Length)> Other => _other;

    /// <summary>Reads one event.</summary>
    /// <param name="pending">All bytes since the end of the last event. Grows from call to call until an event is found.</param>
    /// <param name="atEnd">No byte will follow: what is there is the last event, complete or not.</param>
    /// <param name="length">Bytes of the event, whatever ends it included.</param>
    /// <returns>False when more bytes are needed.</returns>
    public abstract bool TryRead(ReadOnlySpan<byte> pending, bool atEnd, out int length);
}
