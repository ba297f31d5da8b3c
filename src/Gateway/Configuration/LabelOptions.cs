namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Label</c>.</summary>
internal sealed class LabelOptions
{
    /// <summary>
    /// <c>ContentProducer</c> of the AI-content label: the provider's code (27 characters, checked) or name, printable ASCII without space,
    /// backslash or quote. Default none: no AI-content label is written. Regulated mode takes a code only.
    /// </summary>
    public string? Producer { get; set; }

    /// <summary><c>ContentPropagator</c>: set where this gateway passes on labelled content of others. Default none.</summary>
    public string? Propagator { get; set; }

    /// <summary>How labels are protected: <c>hs256</c> (HMAC-SHA256, default) or <c>es256</c> (ECDSA P-256, checked with the public key alone).</summary>
    public string Algorithm { get; set; } = "hs256";

    /// <summary>What happens to a label that the model server sent: <c>Keep</c> (default) or <c>Replace</c> by the gateway's own; both ids are recorded.</summary>
    public string OnUpstream { get; set; } = "Keep";

    /// <summary>The header <c>Gateway-AIGC</c> tells the label, too, for clients that read no further members. Default true.</summary>
    public bool Header { get; set; } = true;

    /// <summary>
    /// Which events of a stream carry the label: <c>Last</c> (default), the first that ends a text, once; or <c>FirstAndLast</c>, the first event, too, for clients
    /// that may not read to the end. A stream that is saved as it came then holds the label twice; a file may hold it once (GB 45438-2025, 6.1).
    /// </summary>
    public string Streams { get; set; } = "Last";

    /// <summary>
    /// The gateway starts only with a provider code as <see cref="Producer"/>. Default true in regulated mode, else false: without one it warns, and writes no label.
    /// </summary>
    public bool? Required { get; set; }

    /// <summary>Version of the system that answers, for the mark of profile <c>eu</c>. Default none.</summary>
    public string? SystemVersion { get; set; }
}
