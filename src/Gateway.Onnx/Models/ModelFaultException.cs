namespace Gateway.Onnx.Models;

/// <summary>A model folder cannot be used. Carries every fault found, not just the first.</summary>
public sealed class ModelFaultException : Exception
{
    /// <summary>Makes an exception from the faults of a folder.</summary>
    /// <param name="directory">The model's folder.</param>
    /// <param name="faults">What is wrong, one sentence each; at least one.</param>
    public ModelFaultException(string directory, IReadOnlyList<string> faults)
        : base($"The model in {directory} cannot be used:{string.Concat((faults ?? []).Select(fault => $"{Environment.NewLine}  - {fault}"))}")
    {
        Directory = directory;
        Faults = faults ?? [];
    }

    /// <summary>The model's folder.</summary>
    public string Directory { get; }

    /// <summary>What is wrong, one sentence each.</summary>
    public IReadOnlyList<string> Faults { get; }
}
