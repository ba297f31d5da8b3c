namespace Gateway.FunctionalTests.Processes;

/// <summary>Tests that start real processes and put them under load run one at a time, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime
{
    public const string Name = "Processes";
}
