namespace Gateway.Inspection.Lexicons;

/// <summary>A lexicon that was refused whole. Carries every fault found.</summary>
public sealed class LexiconException : Exception
{
    private const int FaultsInMessage = 20;

    /// <summary>Refuses a lexicon.</summary>
    /// <param name="faults">The faults, at least one.</param>
    public LexiconException(IReadOnlyList<LexiconFault> faults)
        : base(Describe(faults)) => Faults = faults;

    /// <summary>Every fault, in order of file and line.</summary>
    public IReadOnlyList<LexiconFault> Faults { get; }

    private static string Describe(IReadOnlyList<LexiconFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var lines = faults.Take(FaultsInMessage).Select(fault => "  " + fault)
            .Prepend($"The lexicon has {faults.Count} fault{(faults.Count == 1 ? "" : "s")} and was refused:");
        if (faults.Count > FaultsInMessage) lines = lines.Append($"  and {faults.Count - FaultsInMessage} more.");
        return string.Join('\n', lines);
    }
}
