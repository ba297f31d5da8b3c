namespace Gateway.Inspection.Policies;

/// <summary>Where the explicit notice "made by AI" goes.</summary>
public enum LabelMode
{
    /// <summary>Around the text only: headers and members of the body. The default.</summary>
    Envelope,

    /// <summary>Before the text.</summary>
    Prefix,

    /// <summary>After the text.</summary>
    Suffix,
}
