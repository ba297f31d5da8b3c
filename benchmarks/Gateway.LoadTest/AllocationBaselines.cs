using System.Text.Json.Nodes;

namespace Gateway.LoadTest;

/// <summary>Bytes that an event may allocate, row by row. To raise one is a decision that somebody looks at.</summary>
internal static class AllocationBaselines
{
    /// <summary>The baseline of a row.</summary>
    /// <exception cref="InvalidOperationException">The file is not there, or has none for the row.</exception>
    public static int Of(string file, string row)
    {
        if (!File.Exists(file)) throw new InvalidOperationException($"There are no baselines at '{file}': start this through eng/bench streams.");
        return (int?)JsonNode.Parse(File.ReadAllText(file))![row] ?? throw new InvalidOperationException($"{file} has no baseline for {row}: add one.");
    }
}
