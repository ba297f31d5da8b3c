namespace Gateway.Benchmarks;

/// <summary>One way to find the patterns in a text. Building it is measured; scanning answers with a number of matches.</summary>
internal abstract class MatchEngine : IDisposable
{
    public const string Gateway = "gateway", GatewayExact = "gateway-exact", Hyperscan = "hyperscan", SearchValues = "searchvalues",
        Dictionary = "dictionary";

    public static string[] Names { get; } = [Gateway, GatewayExact, Hyperscan, SearchValues, Dictionary];

    /// <summary>Bytes of native memory it keeps; managed memory is measured from outside.</summary>
    public virtual long NativeSize => 0;

    public static MatchEngine Build(string name, string[] patterns) => name switch
    {
        Gateway => new GatewayEngine(patterns, Inspection.Detectors.KeywordDetector.DefaultFoldings),
        GatewayExact => new GatewayEngine(patterns, Inspection.Text.Foldings.None),
        Hyperscan => new HyperscanEngine(patterns),
        SearchValues => new SearchValuesEngine(patterns),
        Dictionary => new DictionaryEngine(patterns),
        _ => throw new ArgumentException($"There is no engine '{name}'.", nameof(name)),
    };

    /// <summary>Finds all matches in a document.</summary>
    public abstract long Scan(Document document);

    public virtual void Dispose()
    {
    }
}
