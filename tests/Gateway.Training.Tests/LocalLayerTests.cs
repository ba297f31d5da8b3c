using Gateway.Training.Learning;

namespace Gateway.Training.Tests;

public sealed class LocalLayerTests
{
    private const int Width = 8, Units = 16;
    private const float Scale = 0.5f, Difference = 1e-2f;

    [Fact]
    public void Backward_AnyRow_GivesTheSlopesOfTheForwardPass()
    {
        const int seed = 11;
        var random = new Random(seed);
        var layer = new LocalLayer(Width, Units, random);
        var (row, weights) = (Draw(random, Width), Draw(random, Units));
        var units = new float[Units];
        layer.Forward(row, Scale, units);
        // Units at 0 learn nothing.
        var gradients = units.Select((unit, u) => unit > 0 ? weights[u] : 0f).ToArray();
        var back = new float[Width];
        layer.Backward(row, Scale, gradients, back);

        for (var i = 0; i < Width; i++)
        {
            var (above, below) = (row.ToArray(), row.ToArray());
            above[i] += Difference;
            below[i] -= Difference;
            var slope = (Value(layer, above, gradients) - Value(layer, below, gradients)) / (2 * Difference);
            Assert.True(Math.Abs(slope - back[i]) < 0.02, $"seed {seed}, input {i}: slope {slope}, gradient {back[i]}");
        }
    }

    [Fact]
    public void Step_AfterBackward_LowersWhatTheGradientsAscend()
    {
        const int seed = 12;
        var random = new Random(seed);
        var layer = new LocalLayer(Width, Units, random);
        var row = Draw(random, Width);
        var units = new float[Units];
        layer.Forward(row, Scale, units);
        var gradients = units.Select(unit => unit > 0 ? 1f : 0f).ToArray();
        layer.Backward(row, Scale, gradients, new float[Width]);
        layer.Step(0.01f);
        var after = Value(layer, row, gradients);
        Assert.True(after < units.Sum(), $"seed {seed}: {units.Sum()} before, {after} after");

        // What has gathered is spent: without new gradients nothing moves.
        layer.Step(0.01f);
        Assert.Equal(after, Value(layer, row, gradients));
    }

    private static double Value(LocalLayer layer, float[] row, float[] weights)
    {
        var units = new float[Units];
        layer.Forward(row, Scale, units);
        return units.Zip(weights, (unit, weight) => (double)unit * weight).Sum();
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}
