using System.Diagnostics.Metrics;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Training.Data;
using Gateway.Training.Evaluation;

namespace Gateway.Training.Export;

/// <summary>Runs an exported model as the gateway does and compares it with the plain forward pass.</summary>
internal static class GraphCheck
{
    public const double Tolerance = 1e-4;

    private const int Texts = 500;

    /// <summary>The largest difference of a probability, of the whole graph and of the one whose sums the gateway makes.</summary>
    public static double LargestDifference(string directory, BagNetwork network, HashedSet set)
    {
        var expected = Scoring.Score(network, set);
        return Math.Max(LargestDifference(directory, isWhole: true, network, set, expected), LargestDifference(directory, isWhole: false, network, set, expected));
    }

    private static double LargestDifference(string directory, bool isWhole, BagNetwork network, HashedSet set, float[][] expected)
    {
        using var meter = new Meter("gateway-train");
        using var model = ClassifierModel.Load(directory, threads: 1, isWhole);
        var worker = new RiskClassifier(model, new ClassifierOptions { Workers = 1, Budget = TimeSpan.FromMinutes(1) }, new ClassifierMetrics(meter), TimeProvider.System);
        double largest = 0;
        for (var i = 0; i < Math.Min(Texts, set.Count); i++)
        {
            var scores = worker.ScoreAsync(set.Examples[i].Text.AsMemory(), set.Examples[i].Side, default).AsTask().GetAwaiter().GetResult();
            for (var l = 0; l < network.Labels.Length; l++) largest = Math.Max(largest, Math.Abs(scores[l] - expected[i][l]));
        }

        worker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return largest;
    }
}
