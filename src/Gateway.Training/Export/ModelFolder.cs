using System.Security.Cryptography;
using Gateway.Onnx.Models;

namespace Gateway.Training.Export;

/// <summary>Writes the folder of a model: the graph, and the manifest that vouches for it.</summary>
internal static class ModelFolder
{
    public static ModelManifest Write(string directory, BagNetwork network, ModelManifest draft)
    {
        Directory.CreateDirectory(directory);
        var manifest = draft with
        {
            // Sums made outside the graph must be proven by checks.
            Input = draft.Input with { Ngrams = network.Settings, TableConstant = draft.Checks.Count > 0 ? BagGraph.Table : "", SumsTensor = draft.Checks.Count > 0 ? BagGraph.Sums : "" },
            Output = draft.Output with { Labels = network.Labels },
        };
        var graph = BagGraph.Write(network, manifest.Input, manifest.Output);
        manifest = manifest with
        {
            Files = new Dictionary<string, string> { [ModelManifest.ModelFileName] = Convert.ToHexStringLower(SHA256.HashData(graph)) },
        };
        File.WriteAllBytes(Path.Combine(directory, ModelManifest.ModelFileName), graph);
        File.WriteAllText(Path.Combine(directory, ModelManifest.FileName), manifest.ToJson() + "\n");
        return manifest;
    }
}
