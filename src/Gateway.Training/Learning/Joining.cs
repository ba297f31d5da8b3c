using Gateway.Onnx.Features;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>
/// Joins trained members into one network whose logits are the mean of theirs: columns of the tables and hidden units
/// side by side, weights between members 0. The table becomes small integers, one unit per column.
/// </summary>
internal static class Joining
{
    /// <summary>Share of the largest values of a column that are cut off, so that a few do not coarsen all the others.</summary>
    private const double Cut = 0.00002;

    public static BagNetwork Join(NgramSettings ngrams, LearningSettings settings, string[] labels, IReadOnlyList<Member> members, LinearMember? linear)
    {
        var network = new BagNetwork(ngrams, settings.Width * members.Count, settings.Hidden * members.Count, settings.LocalUnits * members.Count, labels);
        for (var m = 0; m < members.Count; m++)
        {
            QuantizeTable(network, members[m].Table, settings.Width, m * settings.Width);
            PlaceLocal(network, members[m], settings, m);
            PlaceHidden(network, members[m], settings, m);
            PlaceOutput(network, members[m], settings, m, 1f / members.Count);
        }

        if (linear is not null) PlaceLinear(network, linear);
        return network;
    }

    /// <summary>How much of it the outputs hear is for <see cref="Blending"/> to say.</summary>
    private static void PlaceLinear(BagNetwork network, LinearMember linear)
    {
        var evidence = linear.Evidence();
        var unit = Unit([.. evidence.Where(value => value != 0).Select(Math.Abs)]);
        network.LinearUnits[0] = unit;
        network.LinearUnits[1] = LinearMember.UnitOfSizes;
        for (var id = 1; id < evidence.Length; id++)
        {
            network.Linear[2 * id] = Small(evidence[id] / unit);
            network.Linear[(2 * id) + 1] = linear.Sizes[id];
        }
    }

    /// <summary>Sorts the sizes of numbers and says what one step of an integer that stands for them is worth.</summary>
    private static float Unit(float[] sizes)
    {
        Array.Sort(sizes);
        return sizes.Length == 0 ? 1f : Math.Max(sizes[(int)((sizes.Length - 1) * (1 - Cut))], 1e-6f) / sbyte.MaxValue;
    }

    private static sbyte Small(float value) => (sbyte)Math.Clamp(MathF.Round(value), -sbyte.MaxValue, sbyte.MaxValue);

    private static void QuantizeTable(BagNetwork network, float[] table, int width, int column)
    {
        var rows = table.Length / width;
        // Every eighth row is enough to see how large the numbers of a column get.
        var values = new float[(rows + 7) / 8];
        for (var d = 0; d < width; d++)
        {
            for (var i = 0; i < values.Length; i++) values[i] = Math.Abs(table[(i * 8 * width) + d]);
            var unit = Unit(values);
            network.Units[column + d] = unit;
            for (var row = 1; row < rows; row++)
                network.Table[(row * network.Width) + column + d] = Small(table[(row * width) + d] / unit);
        }
    }

    private static void PlaceLocal(BagNetwork network, Member member, LearningSettings settings, int m)
    {
        var (width, units) = (settings.Width, settings.LocalUnits);
        for (var d = 0; d < width; d++)
            for (var u = 0; u < units; u++)
                network.LocalWeights[(((m * width) + d) * network.Local) + (m * units) + u] = member.Local.Weights[(d * units) + u];
        member.Local.Bias.CopyTo(network.LocalBias, m * units);
    }

    /// <summary>Where one of a member's inputs lies among those of the joined network: all columns, all local units, then the traits, which members share.</summary>
    private static int Input(BagNetwork network, LearningSettings settings, int m, int i) =>
        i < settings.Width ? (m * settings.Width) + i
        : i < settings.Width + settings.LocalUnits ? network.Width + (m * settings.LocalUnits) + i - settings.Width
        : network.Width + network.Local + i - settings.Width - settings.LocalUnits;

    private static void PlaceHidden(BagNetwork network, Member member, LearningSettings settings, int m)
    {
        var hidden = settings.Hidden;
        for (var i = 0; i < settings.Width + settings.LocalUnits + NgramTraits.Count; i++)
        {
            var row = Input(network, settings, m, i);
            for (var h = 0; h < hidden; h++)
                network.HiddenWeights[(row * network.Hidden) + (m * hidden) + h] = member.HiddenLayer.Weights[(i * hidden) + h];
        }

        member.HiddenLayer.Bias.CopyTo(network.HiddenBias, m * hidden);
    }

    private static void PlaceOutput(BagNetwork network, Member member, LearningSettings settings, int m, float share)
    {
        var (hidden, labels) = (settings.Hidden, network.Labels.Length);
        for (var f = 0; f < hidden + settings.Width + settings.LocalUnits + NgramTraits.Count; f++)
        {
            // Features of the joined network: all hidden units, then the inputs.
            var row = f < hidden ? (m * hidden) + f : network.Hidden + Input(network, settings, m, f - hidden);
            for (var l = 0; l < labels; l++)
                network.OutputWeights[(row * labels) + l] += share * member.OutputLayer.Weights[(f * labels) + l];
        }

        for (var l = 0; l < labels; l++) network.OutputBias[l] += share * member.OutputLayer.Bias[l];
    }
}
