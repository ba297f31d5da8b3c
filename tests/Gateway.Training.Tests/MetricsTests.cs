using Gateway.Onnx.Evaluation;

namespace Gateway.Training.Tests;

public sealed class MetricsTests
{
    private static readonly (float Score, bool Positive)[] Scored =
        [(0.9f, true), (0.8f, false), (0.7f, true), (0.6f, true), (0.6f, false), (0.4f, false), (0.3f, true), (0.1f, false)];

    [Fact]
    public void Auroc_TiesAndMisorders_EqualsTheShareOfOrderedPairs()
    {
        var pairs = from p in Scored where p.Positive from n in Scored where !n.Positive select p.Score > n.Score ? 1.0 : p.Score == n.Score ? 0.5 : 0;
        Assert.Equal(pairs.Average(), Metrics.Auroc(Scored), 12);
        Assert.True(double.IsNaN(Metrics.Auroc([(1f, true)])));
    }

    [Fact]
    public void At_Threshold_CountsAsDefined()
    {
        var (precision, recall, f1) = Metrics.At(Scored, 0.6f);
        Assert.Equal((0.6, 0.75), (precision, recall));
        Assert.Equal(2 * 0.6 * 0.75 / 1.35, f1, 12);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.24, 0)]
    [InlineData(0.25, 1)]
    [InlineData(0.5, 2)]
    [InlineData(1.0, 4)]
    public void ThresholdAtFalsePositives_Share_FlagsNoMoreThanAllowed(double share, int flagged) =>
        Assert.Equal(flagged, Scored.Count(pair => !pair.Positive && pair.Score >= Metrics.ThresholdAtFalsePositives(Scored, share)));

    [Fact]
    public void AveragePrecision_PerfectOrder_IsOne() => Assert.Equal(1, Metrics.AveragePrecision([(0.9f, true), (0.8f, true), (0.1f, false)]), 12);

    [Fact]
    public void CalibrationError_FrequenciesEqualProbabilities_IsZero() =>
        Assert.Equal(0, Metrics.CalibrationError([(0.75f, true), (0.75f, true), (0.75f, true), (0.75f, false)]), 6);
}
