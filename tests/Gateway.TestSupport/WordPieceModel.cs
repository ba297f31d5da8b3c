using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gateway.Training.Export;

namespace Gateway.TestSupport;

/// <summary>
/// A tiny model of one's own in a folder, BERT's tensors and all, that a test can foresee: the logits of a text are <see cref="Bias"/> plus the mean of
/// what its words weigh, the two pieces that frame it weighing nothing. A single word of weight w thus gives w / 3 more than the bias.
/// </summary>
public static class WordPieceModel
{
    /// <summary>The logit of each label for a text of words that weigh nothing: a probability of 0.7 %.</summary>
    public const float Bias = -5;

    /// <summary>Weighs so much that one such word decides a window of hundreds.</summary>
    public const float Heavy = 10_000;

    /// <summary>The labels, in the order of a word's weights.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["any", "privacy-right"];

    /// <summary>Writes a model that objects to some words, with thresholds at a half.</summary>
    public static void Write(string folder, string name, params string[] harmful) =>
        Write(folder, name, harmful.ToDictionary(word => word, _ => new[] { Heavy, Heavy }, StringComparer.Ordinal), Bias);

    /// <summary>Writes a model.</summary>
    /// <param name="folder">Where to; what is there is replaced, the manifest last and by renaming, as an operator should.</param>
    /// <param name="name">Its name.</param>
    /// <param name="words">What words weigh, by label; others weigh nothing.</param>
    /// <param name="bias">The logit of a text without any of them.</param>
    /// <param name="change">Changes the manifest.</param>
    public static void Write(string folder, string name, IReadOnlyDictionary<string, float[]> words, float bias = Bias, Action<JsonObject>? change = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        Directory.CreateDirectory(folder);
        string[] pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", .. words.Keys];
        float[] table = [.. Enumerable.Repeat(0f, 4 * Labels.Count), .. words.Values.SelectMany(weights => weights)];
        var graph = WordPieceGraph.Write(table, [1, 0, 0, 1], [bias, bias], Labels.Count);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), graph);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', pieces) + "\n");
        var manifest = new JsonObject
        {
            ["name"] = name,
            ["version"] = "1",
            ["files"] = new JsonObject { ["model.onnx"] = HashOf(folder, "model.onnx"), ["vocab.txt"] = HashOf(folder, "vocab.txt") },
            ["input"] = new JsonObject { ["kind"] = "wordpiece" },
            ["output"] = new JsonObject { ["labels"] = new JsonArray([.. Labels.Select(label => (JsonNode)label)]) },
            ["thresholds"] = new JsonObject { ["any"] = new JsonObject { ["label"] = 0.5, ["block"] = 0.5, ["cut"] = 0.5 } },
        };
        change?.Invoke(manifest);
        var aside = Path.Combine(folder, "manifest.aside");
        File.WriteAllText(aside, manifest.ToJsonString());
        File.Move(aside, Path.Combine(folder, "manifest.json"), overwrite: true);
    }

    /// <summary>What records call the model in a folder.</summary>
    public static string VersionOf(string folder)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!;
        return $"{manifest["name"]}@{HashOf(folder, "model.onnx")[..12]}";
    }

    private static string HashOf(string folder, string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file))));
}
