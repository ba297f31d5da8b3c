namespace Gateway.Training.Data;

/// <summary>
/// How often a source calls harmful what others would not. It is taught as that much less sure: otherwise what people disagree on in comments drowns
/// what every reader calls harmful, and thresholds that spare the former miss the latter.
/// </summary>
internal static class SourceDoubt
{
    /// <summary>About half of what readers of each are known to disagree on: with all of it, comments were told apart less well.</summary>
    private static readonly Dictionary<string, float> Shares = new(StringComparer.Ordinal)
    {
        ["cold"] = 0.06f, ["swsr"] = 0.1f, ["stormfront"] = 0.1f, ["toxigen_seed"] = 0.05f,
    };

    /// <summary>The share of harmful texts of a source, 0 to 1, that may not be harmful.</summary>
    public static float Of(string source) => Shares.GetValueOrDefault(source);
}
