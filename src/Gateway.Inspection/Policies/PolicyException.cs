namespace Gateway.Inspection.Policies;

/// <summary>A policy directory was refused; every fault is listed, each with file, key and remedy.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="faults">Everything that is wrong.</param>
    public PolicyException(IReadOnlyList<string> faults)
        : base(string.Join(Environment.NewLine, faults ?? [])) => Faults = faults ?? [];

    /// <summary>Everything that is wrong, a sentence each.</summary>
    public IReadOnlyList<string> Faults { get; }
}
