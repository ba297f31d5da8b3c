using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;
using Gateway.Training.Export;

namespace Gateway.Onnx.Tests;

/// <summary>A model of one's own: word pieces in, classes that exclude one another out.</summary>
public sealed class WordPieceModelTests : IDisposable
{
    private const int Width = 8;
    private const double Tolerance = 1e-4;
    private static readonly string[] Pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "##ly", "好", "坏", ",", "."];
    private static readonly string[] Classes = ["safe", "discrim-gender", "privacy-right"];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"gateway-wordpiece-{Guid.NewGuid():n}");
    private readonly Meter _meter = new("Gateway");
    private readonly float[] _table;
    private readonly float[] _weights;
    private readonly float[] _bias = [0.1f, -0.2f, 0.3f];

    public WordPieceModelTests()
    {
        var random = new Random(3);
        _table = [.. Enumerable.Range(0, Pieces.Length * Width).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        _weights = [.. Enumerable.Range(0, Width * Classes.Length).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        Directory.CreateDirectory(_folder);
    }

    public void Dispose()
    {
        _meter.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData()]
    [InlineData("any")]
    [InlineData("discrim-gender", "privacy-right")]
    public async Task ScoreAsync_TextsOfAllLengths_EqualThePlainComputationOverOverlappingWindows(params string[] means)
    {
        Write(
            new WordPieceSettings { WindowTokens = 10, OverlapTokens = 3 },
            output: new ModelOutput { Labels = Classes, Activation = ModelOutput.Softmax, Pooling = means.ToDictionary(label => label, _ => ModelOutput.Mean) });
        using var model = ClassifierModel.Load(_folder, threads: 2);
        await using var classifier = new RiskClassifier(model, TinyModel.Patient with { Workers = 2, BatchItems = 3 }, new ClassifierMetrics(_meter), TimeProvider.System);
        Assert.Equal(["any", "discrim-gender", "privacy-right"], model.Labels);
        const int seed = 8;
        var random = new Random(seed);
        var texts = Enumerable.Range(0, 60).Select(i => string.Join(random.Next(2) == 0 ? " " : "坏", Enumerable.Range(0, 1 + (i % 40)).Select(_ => Pieces[random.Next(4, Pieces.Length)].TrimStart('#')))).ToArray();
        var answers = await Task.WhenAll(texts.Select(text => classifier.ScoreAsync(text.AsMemory(), TextSide.Prompt, default).AsTask()));
        for (var i = 0; i < texts.Length; i++)
        {
            var expected = Expect(texts[i], 10, 3, means);
            for (var l = 0; l < expected.Length; l++)
                Assert.True(Math.Abs(expected[l] - answers[i][l]) < Tolerance, $"seed {seed}, text {i}, label {l}: {answers[i][l]} instead of {expected[l]}");
        }
    }

    [Fact]
    public async Task ScoreAsync_NothingToJudge_IsZeroWithoutAWindow()
    {
        Write(new WordPieceSettings());
        using var model = ClassifierModel.Load(_folder);
        await using var classifier = new RiskClassifier(model, TinyModel.Patient with { Workers = 1 }, new ClassifierMetrics(_meter), TimeProvider.System);
        var scores = await classifier.ScoreAsync(" \n".AsMemory(), TextSide.Prompt, default);
        Assert.Equal(0, scores.Windows);
    }

    [Fact]
    public void Load_VocabularyWithoutItsFrame_IsRefusedByName()
    {
        Write(new WordPieceSettings(), [.. Pieces.Where(piece => piece != "[SEP]")]);
        var fault = Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(_folder));
        Assert.Contains("[SEP]", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sigmoid", "safe", "output.activation must be \"softmax\"")]
    [InlineData("softmax", "any", "lacks")]
    [InlineData("tanh", "safe", "\"tanh\"")]
    public void Load_LabelsThatDoNotFitTheActivation_AreRefused(string activation, string first, string expected)
    {
        string[] labels = [first == "any" ? "discrim-age" : first, .. Classes[1..]];
        Write(new WordPieceSettings(), output: new ModelOutput { Labels = labels, Activation = activation });
        var fault = Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(_folder));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("privacy-right", "median", "output.pooling.privacy-right is \"median\"")]
    [InlineData("privacy-wrong", "mean", "output.pooling names \"privacy-wrong\"")]
    [InlineData("safe", "mean", "output.pooling names \"safe\"")]
    public void Load_PoolingThatCannotBe_IsRefused(string label, string pooling, string expected)
    {
        Write(new WordPieceSettings(), output: new ModelOutput { Labels = Classes, Activation = ModelOutput.Softmax, Pooling = new Dictionary<string, string> { [label] = pooling } });
        var fault = Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(_folder));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_GraphThatAnswersInAnotherShapeThanItDeclares_IsRefusedBeforeItServes()
    {
        // A row for each token instead of each window, which only a run can show.
        Write(new WordPieceSettings(), graph: new OnnxGraph("wordpiece")
            .Int64Input("input_ids", "windows", "tokens").Int64Input("attention_mask", "windows", "tokens").Int64Input("token_type_ids", "windows", "tokens")
            .FloatOutput("logits", "windows", "labels")
            .FloatConstant("table", new float[Pieces.Length * Classes.Length], Pieces.Length, Classes.Length)
            .Int64Constant("windows_axis", [0], 1)
            .Node("Gather", "words", ["table", "input_ids"], ("axis", 0))
            .Node("ReduceSum", "logits", ["words", "windows_axis"], ("keepdims", 0))
            .ToBytes());
        using var model = ClassifierModel.Load(_folder);
        var fault = Assert.Throws<ClassifierFaultException>(() => new RiskClassifier(model, TinyModel.Patient, new ClassifierMetrics(_meter), TimeProvider.System));
        Assert.Equal(ClassifierFault.Runtime, fault.Fault);
    }

    [Fact]
    public void Load_VocabularyThatTheManifestDoesNotVouchFor_IsRefused()
    {
        Write(new WordPieceSettings());
        File.AppendAllText(Path.Combine(_folder, "vocab.txt"), "more\n");
        var fault = Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(_folder));
        Assert.Contains("vocab.txt", fault.Message, StringComparison.Ordinal);
    }

    private void Write(WordPieceSettings settings, string[]? pieces = null, ModelOutput? output = null, byte[]? graph = null)
    {
        graph ??= WordPieceGraph.Write(_table, _weights, _bias, Width);
        File.WriteAllBytes(Path.Combine(_folder, ModelManifest.ModelFileName), graph);
        File.WriteAllText(Path.Combine(_folder, "vocab.txt"), string.Join('\n', pieces ?? Pieces) + "\n");
        var files = new[] { ModelManifest.ModelFileName, "vocab.txt" }
            .ToDictionary(file => file, file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder, file)))));
        File.WriteAllText(Path.Combine(_folder, ModelManifest.FileName), new ModelManifest
        {
            Name = "own",
            Version = "1",
            Files = files,
            Input = new ModelInput { Kind = ModelInput.WordPieces, WordPiece = settings },
            Output = output ?? new ModelOutput { Labels = Classes, Activation = ModelOutput.Softmax },
            Thresholds = output is null ? new Dictionary<string, LabelThresholds> { ["any"] = new(0.9f, 0.5f, 0.95f) } : [],
        }.ToJson());
    }

    private float[] Expect(string text, int windowTokens, int overlap, string[] means)
    {
        var tokenizer = new WordPieceTokenizer(WordPieceVocabulary.Read(Pieces, []), true);
        tokenizer.Read(text);
        var ids = tokenizer.Tokens.Select(token => token.Id).ToArray();
        var (pooled, sums, length) = (new float[Classes.Length], new double[Classes.Length], 0);
        for (var first = 0; first < ids.Length; first += windowTokens - 2 - overlap)
        {
            int[] window = [2, .. ids.Skip(first).Take(windowTokens - 2), 3];
            var logits = new double[Classes.Length];
            for (var l = 0; l < logits.Length; l++)
            {
                logits[l] = _bias[l];
                for (var d = 0; d < Width; d++) logits[l] += window.Average(id => _table[(id * Width) + d]) * _weights[(d * Classes.Length) + l];
            }

            var isLast = first + windowTokens - 2 >= ids.Length;
            var start = first == 0 ? 0 : tokenizer.Tokens[first].Start;
            var end = isLast ? text.Length : tokenizer.Tokens[first + windowTokens - 3].End;
            length += end - start;
            var sum = logits.Sum(Math.Exp);
            for (var l = 0; l < logits.Length; l++)
            {
                var probability = Math.Exp(logits[l]) / sum;
                var answer = l == 0 ? 1 - probability : probability;
                pooled[l] = Math.Max(pooled[l], (float)answer);
                sums[l] += answer * (end - start);
            }

            if (isLast) break;
        }

        for (var l = 0; l < pooled.Length; l++)
            if (means.Contains(l == 0 ? "any" : Classes[l])) pooled[l] = (float)(sums[l] / length);
        return pooled;
    }
}
