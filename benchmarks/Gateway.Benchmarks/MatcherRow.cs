using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.Benchmarks;

/// <summary>One line of the result. Ratios are to the speed of a peer in the same run; null where the peer did not run.</summary>
internal sealed record MatcherRow(
    string Corpus, int Patterns, string Engine, double MegabytesPerSecond, double? ToHyperscan, double? ToSearchValues, long Matches,
    double BuildMilliseconds, double HeapMegabytes)
{
    public const string TableHead = "corpus  patterns  engine         MB/s  /hyperscan  /searchvalues   matches  build_ms  heap_mb";

    public string ToJson() => new JsonObject
    {
        ["corpus"] = Corpus,
        ["patterns"] = Patterns,
        ["engine"] = Engine,
        ["mb_s"] = Math.Round(MegabytesPerSecond, 1),
        ["ratio_hyperscan"] = Round(ToHyperscan),
        ["ratio_searchvalues"] = Round(ToSearchValues),
        ["matches"] = Matches,
        ["build_ms"] = Math.Round(BuildMilliseconds, 1),
        ["heap_mb"] = Math.Round(HeapMegabytes, 1),
    }.ToJsonString();

    public string ToTableLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Corpus,-6}  {Patterns,8}  {Engine,-13}  {MegabytesPerSecond,4:F0}  {ToHyperscan,10:F2}  {ToSearchValues,13:F1}  {Matches,8}  {BuildMilliseconds,8:F0}  {HeapMegabytes,7:F1}");

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 3) : null;
}
