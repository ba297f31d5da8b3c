namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Audit:Text</c>: how much of the text a record keeps.</summary>
internal sealed class AuditTextOptions
{
    /// <summary>For exchanges without findings that act: <c>digest</c> (default), <c>evidence</c> or <c>full</c>.</summary>
    public string Clean { get; set; } = TextForms.Digest;

    /// <summary>For blocked, labelled and sampled exchanges: <c>digest</c>, <c>evidence</c> (default: the fields with findings) or <c>full</c>.</summary>
    public string Flagged { get; set; } = TextForms.Evidence;

    /// <summary>Share of clean exchanges, 0 to 1, that are kept like flagged ones, with all their fields. Default 0.</summary>
    public double SampleShare { get; set; }
}
