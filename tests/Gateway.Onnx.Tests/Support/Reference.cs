using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Onnx.Serving;
using Gateway.Training.Export;

namespace Gateway.Onnx.Tests.Support;

/// <summary>What a classifier must answer, computed window by window without batches, rows or the native library.</summary>
internal static class Reference
{
    public static float[] Score(BagNetwork network, string text, TextSide side)
    {
        var settings = network.Settings;
        var pooled = new float[network.Labels.Length];
        for (var start = 0; ; start += WindowRunner.BlockLength - WindowRunner.BlockOverlap)
        {
            var block = text[start..Math.Min(text.Length, start + WindowRunner.BlockLength)];
            var features = new TextFeatures(settings);
            features.Read(block);
            var ids = features.Ids;
            var ranges = new List<(int First, int End)>();
            WindowPlan.Lay(settings, ids.Rows, ranges);
            foreach (var (first, end) in ranges)
            {
                var window = ids.All[(first * settings.RowIds)..Math.Min(end * settings.RowIds, ids.Count)];
                var traits = new float[NgramTraits.Count];
                NgramTraits.Fill(traits, side, features.DenseShare, window.Length, ids.Count);
                var scores = network.Forward(window, traits);
                for (var l = 0; l < pooled.Length; l++) pooled[l] = Math.Max(pooled[l], scores[l]);
            }

            if (start + block.Length == text.Length) return pooled;
        }
    }

    public static string RandomText(Random random, int length) =>
        string.Create(length, random, static (text, random) =>
        {
            var dense = random.Next(3);
            for (var i = 0; i < text.Length; i++)
                text[i] = dense == 0 || (dense == 2 && random.Next(2) == 0)
                    ? (char)random.Next(0x4E00, 0x4F00)
                    : random.Next(6) == 0 ? ' ' : (char)('a' + random.Next(26));
        });
}
