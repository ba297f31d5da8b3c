using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Training.Export;

namespace Gateway.Onnx.Tests.Support;

/// <summary>A small model with random weights in a folder of its own, removed at the end.</summary>
internal sealed class TinyModel : IDisposable
{
    public static readonly string[] DefaultLabels = ["any", "discrim-gender", "privacy-right", "violence-obscenity.sexual"];

    /// <summary>On a machine that is busy with other things the default budget of 2 s may run out.</summary>
    public static readonly ClassifierOptions Patient = new() { Budget = TimeSpan.FromMinutes(5) };

    /// <summary>Makes the folder; <paramref name="isSummed"/> says whether the gateway sums the rows of the table itself, as the graph does otherwise.</summary>
    public TinyModel(int seed = 1, Action<BagNetwork>? change = null, ModelManifest? draft = null, NgramSettings? settings = null, bool isSummed = false, int width = 8)
    {
        Folder = Path.Combine(Path.GetTempPath(), $"gateway-onnx-{Guid.NewGuid():n}");
        Network = Make(seed, width, settings ?? new NgramSettings { Buckets = 4096, WindowRows = 4, StrideRows = 2, PassageRows = 2, PassageStrideRows = 1 });
        change?.Invoke(Network);
        draft ??= new ModelManifest { Name = "tiny", Version = "1" };
        Manifest = ModelFolder.Write(Folder, Network, isSummed ? draft with { Checks = SelfTest.Of(Network) } : draft);
    }

    public string Folder { get; }

    public BagNetwork Network { get; }

    public ModelManifest Manifest { get; }

    public ClassifierModel Load() => ClassifierModel.Load(Folder);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Settings of a model that has a linear part, in which many ids collide and some repeat.</summary>
    public static NgramSettings WithLinear { get; } = new() { Buckets = 1024, LinearBits = 2, RepeatIds = 40, WindowRows = 4, StrideRows = 2, PassageRows = 2, PassageStrideRows = 1 };

    private static BagNetwork Make(int seed, int width, NgramSettings settings)
    {
        var random = new Random(seed);
        var network = new BagNetwork(settings, width, 6, 5, DefaultLabels);
        for (var i = network.Width; i < network.Table.Length; i++) network.Table[i] = (sbyte)random.Next(-127, 128);
        foreach (var weights in (float[][])[network.HiddenWeights, network.HiddenBias, network.LocalWeights, network.LocalBias, network.OutputWeights, network.OutputBias])
            for (var i = 0; i < weights.Length; i++) weights[i] = (float)(random.NextDouble() - 0.5);
        network.Units.AsSpan().Fill(0.005f);
        for (var i = 2; i < network.Linear.Length; i++) network.Linear[i] = (sbyte)(i % 2 == 0 ? random.Next(-127, 128) : random.Next(128));
        (network.LinearUnits[0], network.LinearUnits[1]) = (0.02f, 0.5f);
        return network;
    }
}
