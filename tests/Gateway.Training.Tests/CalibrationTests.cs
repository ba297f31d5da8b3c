using Gateway.Training.Learning;

namespace Gateway.Training.Tests;

public sealed class CalibrationTests
{
    [Fact]
    public void Fit_LogitsThatAreTooSure_FindsSlopeAndOffset()
    {
        const int seed = 4;
        var random = new Random(seed);
        var scored = Enumerable.Range(0, 20_000).Select(_ =>
        {
            var logit = (float)((random.NextDouble() * 12) - 6);
            var probability = 1 / (1 + Math.Exp(-((0.5 * logit) - 1)));
            return (logit, random.NextDouble() < probability, 1f);
        }).ToArray();

        var (slope, offset) = Calibration.Fit(scored);
        Assert.True(Math.Abs(slope - 0.5) < 0.03 && Math.Abs(offset + 1) < 0.1, $"seed {seed}: {slope}, {offset}");
    }

    [Fact]
    public void Fit_ThreeTexts_StaysNearWhatWasTrained()
    {
        var (slope, offset) = Calibration.Fit([(3f, true, 1f), (-2f, false, 1f), (-1f, false, 1f)]);
        Assert.InRange(slope, 0.7, 1.5);
        Assert.InRange(offset, -0.7, 0.7);
    }
}
