namespace Gateway.Inspection.Policies;

/// <summary>What a record keeps of the text.</summary>
public enum RetentionClass
{
    /// <summary>What the settings say (<c>Gateway:Audit:Text</c>).</summary>
    Settings,

    /// <summary>Lengths and keyed digests alone.</summary>
    Digest,

    /// <summary>The fields with findings, encrypted.</summary>
    Evidence,

    /// <summary>Every field, encrypted.</summary>
    Full,
}
