namespace Gateway.Benchmarks;

/// <summary>What the product means to reach, compared with what was measured. For the reader: figures depend on the machine.</summary>
internal static class MatcherTargets
{
    private const double BuildMilliseconds = 1000, HeapMegabytes = 60, ToSearchValues = 5;

    public static IEnumerable<string> Compare(IReadOnlyList<MatcherRow> rows)
    {
        foreach (var row in rows.Where(row => row.Engine == MatchEngine.Gateway))
        {
            string where = $"{row.Corpus}, {row.Patterns} patterns";
            double? least = (row.Corpus, row.Patterns) switch
            {
                ("zh", >= 10_000) => 1.0,
                ("en", >= 10_000) => 0.5,
                _ => null,
            };
            if (least is { } wanted && row.ToHyperscan is { } hyperscan) yield return Line(where, $"{hyperscan:F2} of hyperscan, {wanted:F1} wanted", hyperscan >= wanted);
            if (row.ToSearchValues is { } ratio) yield return Line(where, $"{ratio:F1} times searchvalues, {ToSearchValues} wanted", ratio >= ToSearchValues);
        }

        foreach (var row in rows.Where(row => row.Engine == MatchEngine.Gateway && row.Patterns == 60_000).DistinctBy(row => row.Patterns))
        {
            yield return Line("60000 patterns", $"built in {row.BuildMilliseconds:F0} ms, {BuildMilliseconds:F0} wanted", row.BuildMilliseconds < BuildMilliseconds);
            yield return Line("60000 patterns", $"{row.HeapMegabytes:F0} MB, {HeapMegabytes:F0} wanted", row.HeapMegabytes <= HeapMegabytes);
        }
    }

    private static string Line(string where, string what, bool isReached) => $"{(isReached ? "reached" : "MISSED ")}  {where}: {what}";
}
