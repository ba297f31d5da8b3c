using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.LoadTest;

/// <summary>One line of the result.</summary>
internal sealed record LoadRow(string Name, Tally Yarp, Tally Gateway)
{
    public const string TableHead =
        "row                               rps  rps_yarp  ratio  p50_ms  p99_ms  p50_yarp  p99_yarp  ttft_p99  ttft_yarp_p99";

    // The plus sign in a row's name stays a plus sign.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The middle of the rounds' ratios: in each round both had the machine in the same state.</summary>
    private double Ratio => Ratios.Order().ElementAt(Gateway.Rates.Count / 2);

    private IEnumerable<double> Ratios => Gateway.Rates.Zip(Yarp.Rates, (gateway, yarp) => gateway / yarp);

    /// <summary>How far the rounds lie apart.</summary>
    public (double Least, double Most) RatioRange => (Ratios.Min(), Ratios.Max());

    public string ToJson() => new JsonObject
    {
        ["row"] = Name,
        ["rps"] = Round(Gateway.Rate, 1),
        ["rps_yarp"] = Round(Yarp.Rate, 1),
        ["ratio"] = Round(Ratio, 3),
        ["p50_ms"] = Round(Gateway.Latency(0.5), 3),
        ["p99_ms"] = Round(Gateway.Latency(0.99), 3),
        ["p50_yarp_ms"] = Round(Yarp.Latency(0.5), 3),
        ["p99_yarp_ms"] = Round(Yarp.Latency(0.99), 3),
        ["ttft_p99_ms"] = Round(Gateway.FirstByte(0.99), 3),
        ["ttft_yarp_p99_ms"] = Round(Yarp.FirstByte(0.99), 3),
    }.ToJsonString(Plain);

    public string ToTableLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-28} {Gateway.Rate,8:F0}  {Yarp.Rate,8:F0}  {Ratio,5:F2}  {Gateway.Latency(0.5),6:F1}  {Gateway.Latency(0.99),6:F1}  {Yarp.Latency(0.5),8:F1}  {Yarp.Latency(0.99),8:F1}  {Gateway.FirstByte(0.99),8:F1}  {Yarp.FirstByte(0.99),13:F1}");

    private static double Round(double value, int digits) => Math.Round(value, digits);
}
