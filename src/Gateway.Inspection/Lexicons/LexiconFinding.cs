namespace Gateway.Inspection.Lexicons;

/// <summary>Something that a check found in a lexicon.</summary>
/// <param name="Kind">
/// <c>fault</c> (the gateway refuses the lexicon), <c>note</c>, <c>duplicate</c>, <c>swallowed</c>, <c>idle-allow</c>, <c>common-word</c>.
/// </param>
/// <param name="Place">Where, what, and what to do about it.</param>
public sealed record LexiconFinding(string Kind, LexiconFault Place)
{
    /// <summary>Kind of what makes a gateway refuse the lexicon.</summary>
    public const string Fault = "fault";

    /// <summary>The gateway refuses the lexicon for it; everything else is advice.</summary>
    public bool IsError => Kind == Fault;
}
