using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>
/// Platt's calibration: a slope and an offset on the logit, fitted by Newton steps with a pull towards "no change", so
/// that a label with a handful of positives is left nearly as trained. It is baked into the output layer.
/// </summary>
internal static class Calibration
{
    private const double Pull = 2;

    public static (double Slope, double Offset) Fit(IReadOnlyList<(float Logit, bool Positive, float Weight)> scored)
    {
        double slope = 1, offset = 0;
        for (var step = 0; step < 50; step++)
        {
            double gs = Pull * (slope - 1), go = Pull * offset, hss = Pull, hso = 0, hoo = Pull;
            foreach (var (logit, positive, weight) in scored)
            {
                var p = 1 / (1 + Math.Exp(-((slope * logit) + offset)));
                var error = weight * (p - (positive ? 1 : 0));
                var curve = weight * Math.Max(1e-9, p * (1 - p));
                gs += error * logit;
                go += error;
                hss += curve * logit * logit;
                hso += curve * logit;
                hoo += curve;
            }

            var determinant = (hss * hoo) - (hso * hso);
            var ds = ((hoo * gs) - (hso * go)) / determinant;
            var d0 = ((hss * go) - (hso * gs)) / determinant;
            slope = Math.Max(0.05, slope - Math.Clamp(ds, -0.5, 0.5));
            offset -= Math.Clamp(d0, -2, 2);
            if (Math.Abs(ds) + Math.Abs(d0) < 1e-6) break;
        }

        return (slope, offset);
    }

    public static void Bake(BagNetwork network, int label, double slope, double offset)
    {
        var labels = network.Labels.Length;
        for (var f = 0; f < network.Features; f++) network.OutputWeights[(f * labels) + label] *= (float)slope;
        network.OutputBias[label] = (float)((network.OutputBias[label] * slope) + offset);
    }
}
