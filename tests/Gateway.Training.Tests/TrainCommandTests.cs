using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Text.Json;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;

namespace Gateway.Training.Tests;

public sealed class TrainCommandTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"gateway-train-{Guid.NewGuid():n}");

    public TrainCommandTests() => Directory.CreateDirectory(Path.Combine(_folder, "data"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Invoke_FolderWithoutData_EndsWith2AndNamesTheVariable()
    {
        var (code, _, errors) = Invoke("--data", _folder, "--out", Path.Combine(_folder, "model"));
        Assert.Equal(2, code);
        Assert.Contains("GATEWAY_DATA", errors, StringComparison.Ordinal);
        Assert.Contains("train.jsonl.gz", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"text\":\"x\"", "dev.jsonl.gz:2")]
    [InlineData("{\"text\":\"x\",\"lang\":\"en\",\"side\":\"promt\",\"labels\":[],\"source\":\"s\"}", "side is \"promt\"")]
    [InlineData("{\"text\":\"x\",\"lang\":\"en\",\"side\":\"prompt\",\"source\":\"s\"}", "labels")]
    public void Invoke_BadLine_EndsWith2AndNamesFileAndLine(string line, string expected)
    {
        Write("train.jsonl.gz", Lines(0, 50));
        Write("dev.jsonl.gz", [Lines(1, 1).First(), line]);
        var (code, _, errors) = Invoke("--data", _folder, "--out", Path.Combine(_folder, "model"));
        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Invoke_SmallData_WritesAModelThatLoadsAndIsTheSameForTheSameSeed()
    {
        Write("train.jsonl.gz", Lines(0, 400));
        Write("dev.jsonl.gz", Lines(1000, 200));
        var (first, second, other) = (Path.Combine(_folder, "one"), Path.Combine(_folder, "two"), Path.Combine(_folder, "three"));

        var checkpoint = Path.Combine(_folder, "checkpoint");
        var (code, output, errors) = Invoke("--data", _folder, "--out", first, "--seed", "7", "--checkpoint", checkpoint);
        Assert.True(code == 0, errors);
        Assert.Contains("dev A loss", output, StringComparison.Ordinal);
        Assert.Equal(0, Invoke("--data", _folder, "--out", second, "--seed", "7").Code);
        Assert.Equal(0, Invoke("--data", _folder, "--out", other, "--seed", "8").Code);

        using var model = ClassifierModel.Load(first);
        using var best = ClassifierModel.Load(checkpoint);
        Assert.Equal(model.Labels, best.Labels);
        Assert.Empty(best.Thresholds);
        using var same = ClassifierModel.Load(second);
        using var different = ClassifierModel.Load(other);
        Assert.Equal(["any", "privacy-right"], model.Labels);
        Assert.Equal(model.Hash, same.Hash);
        Assert.NotEqual(model.Hash, different.Hash);
        Assert.Equal(["any", "privacy-right"], model.Thresholds.Keys.Order());
        var card = File.ReadAllText(Path.Combine(first, "MODEL_CARD.md"));
        Assert.Contains(model.Hash, card, StringComparison.Ordinal);
        Assert.Contains("Not measured for this model", card, StringComparison.Ordinal);
        Assert.Contains("| trade-secret | 3 | no output", card, StringComparison.Ordinal);

        // The texts it is tried with before it serves: both languages, both sides, and what the forward pass said.
        var checks = model.Manifest.Checks;
        Assert.InRange(checks.Count, 6, 10);
        Assert.Equal(["prompt", "response"], checks.Select(check => check.Side).Distinct().Order());
        Assert.Equal([false, true], checks.Select(check => check.Text.Any(letter => letter > 0x4e00)).Distinct().Order());
        Assert.All(checks, check => Assert.Contains("any", check.Scores.Keys));
        Assert.Contains(checks[^1].Text, File.ReadAllText(Path.Combine(first, ModelManifest.FileName)), StringComparison.Ordinal);
        Assert.Null(Refusal(first));

        // Another graph behind the same manifest, vouched for by its hash: only what it says gives it away.
        File.Copy(Path.Combine(other, ModelManifest.ModelFileName), Path.Combine(first, ModelManifest.ModelFileName), overwrite: true);
        var manifest = model.Manifest with { Files = new Dictionary<string, string> { [ModelManifest.ModelFileName] = different.Hash } };
        File.WriteAllText(Path.Combine(first, ModelManifest.FileName), manifest.ToJson());
        var refusal = Refusal(first);
        Assert.Contains("checks[", refusal, StringComparison.Ordinal);
        Assert.Contains("it is not the model that was measured", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Invoke_OwnPairsCorpusAndASourceLeftOut_AreInTheCardAndTheRecord()
    {
        Write("train.jsonl.gz", Lines(0, 400));
        Write("dev.jsonl.gz", Lines(1000, 200));
        var (own, corpus, output) = (Path.Combine(_folder, "own"), Path.Combine(_folder, "corpus"), Path.Combine(_folder, "four"));
        Directory.CreateDirectory(own);
        Directory.CreateDirectory(corpus);
        File.WriteAllLines(Path.Combine(own, "trade-secret.jsonl"), Enumerable.Range(0, 100).Select(i => JsonSerializer.Serialize(new
        {
            family = $"trade-{i}", labels = new[] { "trade-secret" }, lang = "en", side = "prompt", harmful = $"steal the formula of plant {i}", benign = $"garden plant number {i}",
        })));
        File.WriteAllLines(Path.Combine(corpus, "zh.txt"), Enumerable.Repeat("花园里的天气很好，我们去火车站买面包。", 50));
        File.WriteAllLines(Path.Combine(corpus, "en.txt"), Enumerable.Repeat("the weather in the garden is fine and the train brings bread and music", 50));
        File.WriteAllText(Path.Combine(_folder, "plan.json"), "{\"ngrams\":{\"buckets\":4096,\"sideWords\":true,\"linearBits\":1},\"learning\":{\"epochs\":3}}");

        var (code, record, errors) = Invoke("--data", _folder, "--own", own, "--corpus", corpus, "--plan", Path.Combine(_folder, "plan.json"), "--out", output, "--leave-out", "made");
        // All texts come from one source: without it the model has own pairs alone, and still must be made.
        Assert.True(code == 0, errors);
        using var model = ClassifierModel.Load(output);
        Assert.Equal(["any", "privacy-right", "trade-secret"], model.Labels);
        Assert.Equal((4096, true), (model.Manifest.Input.Ngrams.Buckets, model.Manifest.Input.Ngrams.SideWords));
        // The corpus's English lines begin with a harmless source; 400 labelled texts and 4 times the taught pairs come with them.
        Assert.Contains("of them 50 of the corpus", record, StringComparison.Ordinal);
        var card = File.ReadAllText(Path.Combine(output, "MODEL_CARD.md"));
        Assert.Contains("| made | AUROC", card, StringComparison.Ordinal);
        Assert.Contains("| a3-commercial |", card, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"ngrams\":{\"buckets\":5}}", "buckets is 5")]
    [InlineData("{\"ngram\":{}}", "ngram")]
    public void Invoke_PlanAtFault_EndsWith2AndNamesIt(string plan, string expected)
    {
        Write("train.jsonl.gz", Lines(0, 50));
        Write("dev.jsonl.gz", Lines(1, 20));
        File.WriteAllText(Path.Combine(_folder, "plan.json"), plan);
        var (code, _, errors) = Invoke("--data", _folder, "--out", Path.Combine(_folder, "model"), "--plan", Path.Combine(_folder, "plan.json"));
        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    /// <summary>Why a model may not serve; <see langword="null"/> where it may.</summary>
    private static string? Refusal(string folder)
    {
        using var meter = new Meter("self-test");
        using var model = ClassifierModel.Load(folder);
        try
        {
            new RiskClassifier(model, new ClassifierOptions { Workers = 1 }, new ClassifierMetrics(meter), TimeProvider.System).DisposeAsync().AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (ClassifierFaultException fault)
        {
            return fault.Message;
        }
    }

    private static (int Code, string Output, string Errors) Invoke(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = TrainCommand.Make().Parse(arguments).Invoke(new System.CommandLine.InvocationConfiguration { Output = output, Error = errors });
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>Lines about two topics, one of them a risk; every 150th carries a risk too rare for an output.</summary>
    private static IEnumerable<string> Lines(int seed, int count)
    {
        var random = new Random(seed);
        string[] harmless = ["weather", "garden", "bread", "天气", "花园", "music", "train"];
        string[] harmful = ["passport", "address", "住址", "phone", "leak", "证件"];
        for (var i = 0; i < count; i++)
        {
            var bad = i % 3 == 0;
            var words = Enumerable.Range(0, 6).Select(_ => bad && random.Next(2) == 0 ? harmful[random.Next(harmful.Length)] : harmless[random.Next(harmless.Length)]);
            yield return JsonSerializer.Serialize(new
            {
                text = $"{string.Join(' ', words)} {random.Next(1000)}",
                lang = "en",
                side = i % 2 == 0 ? "prompt" : "response",
                labels = i % 150 == 3 ? ["trade-secret"] : bad ? new[] { "privacy-right" } : [],
                source = "made",
            });
        }
    }

    private void Write(string name, IEnumerable<string> lines)
    {
        using var writer = new StreamWriter(new GZipStream(File.Create(Path.Combine(_folder, "data", name)), CompressionLevel.Fastest));
        foreach (var line in lines) writer.Write(line + "\n");
    }
}
