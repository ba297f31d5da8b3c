namespace Gateway.FunctionalTests.Support;

/// <summary>Actions as headers, records and metrics spell them.</summary>
internal static class Actions
{
    public const string Allow = "allow";
    public const string Label = "label";
    public const string Mask = "mask";
    public const string Block = "block";
}
