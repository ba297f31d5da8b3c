using System.Globalization;

namespace Gateway.Onnx.Evaluation;

/// <summary>A figure with the interval in which it lies in 95 of 100 samples like this one (bootstrap).</summary>
internal readonly record struct Figure(double Value, double Low, double High)
{
    public static Figure None => new(double.NaN, double.NaN, double.NaN);

    /// <summary>The figure of a sample, and where its resamples lie.</summary>
    public static Figure From(double value, double[] resampled)
    {
        var sorted = resampled.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? new Figure(value, double.NaN, double.NaN) : new Figure(value, At(0.025), At(0.975));

        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }

    public override string ToString() => !double.IsFinite(Value) ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Value:0.000} ({Low:0.000}–{High:0.000})");
}
