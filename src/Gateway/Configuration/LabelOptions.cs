namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Label</c>.</summary>
internal sealed class LabelOptions
{
    /// <summary>
    /// <c>ContentProducer</c> of the AI-content label: the provider's code or name, printable ASCII without space,
    /// backslash or quote. Default none: no AI-content label is written.
    /// </summary>
    public string? Producer { get; set; }
}
