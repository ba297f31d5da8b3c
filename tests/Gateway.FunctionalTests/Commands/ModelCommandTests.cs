using System.IO.Compression;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Commands;

/// <summary>
/// <c>gateway model eval</c> against a table worked out by hand, and <c>gateway model explain</c>. The model gives each word a score of its own:
/// high 0.88, mid 0.73, low 0.27 and least 0.12 for <c>any</c>; for <c>privacy-right</c> high gives 0.5 and the others the same.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class ModelCommandTests : IDisposable
{
    private const int Copies = 10;

    private readonly TempDirectory _files = new();

    public ModelCommandTests()
    {
        WordPieceModel.Write(
            _files["m"],
            "own",
            new Dictionary<string, float[]> { ["high"] = [6, 0], ["mid"] = [3, 3], ["low"] = [-3, -3], ["least"] = [-6, -6] },
            bias: 0,
            manifest => manifest["thresholds"]!["any"] = new JsonObject { ["label"] = 0.5, ["block"] = 0.8, ["cut"] = 0.9 });
        // One source is English prompts, the other Chinese answers. Each text ten times: fewer positives get no figures.
        _files.Write("one.jsonl", Lines("en", "prompt", "one", ("high", "privacy-right"), ("high", "privacy-right"), ("mid", null), ("low", "discrim-age"), ("least", null)));
        using var packed = new GZipStream(File.Create(_files["two.jsonl.gz"]), CompressionLevel.Fastest);
        packed.Write(System.Text.Encoding.UTF8.GetBytes(Lines("zh", "response", "two", ("least", null), ("mid", "discrim-age"), ("low", null))));
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Eval_PrintsAndWritesWhatTheTableByHandSays()
    {
        await using var json = await EvalAsync("--json", "--out", _files["out"]);
        await using var markdown = await EvalAsync();

        Assert.True(json.ExitCode == 0, json.Errors);
        var answer = JsonNode.Parse(json.Output)!;
        Assert.Equal(WordPieceModel.VersionOf(_files["m"]), (string?)answer["model"]);
        var rows = answer["rows"]!.AsArray().ToDictionary(row => $"{row!["group"]} {row["name"]}", row => row!.AsObject(), StringComparer.Ordinal);
        // texts, harmful, precision, recall, F1, AUROC, average precision, recall at 1 %; then harm flagged, harmless flagged and blocked.
        Check("all all", 80, 40, 0.75, 0.75, 0.75, 14 / 16.0, (2 + 0.75 + (4 / 6.0)) / 4, 0.5, 0.75, 0.25, 0);
        foreach (var name in new[] { "language en", "side prompt", "source one", "language and side en prompt" }) Check(name, 50, 30, 2 / 3.0, 2 / 3.0, 2 / 3.0, 5 / 6.0, (2 + 0.75) / 3, 2 / 3.0, 2 / 3.0, 0.5, 0);
        foreach (var name in new[] { "language zh", "side response", "source two" }) Check(name, 30, 10, 1, 1, 1, 1, 1, 1, 1, 0, 0);
        Check("label privacy-right", 60, 20, 2 / 3.0, 1, 0.8, 0.75, 2 / 3.0, 0, 1, 0.25, 0);
        Assert.Equal((1.0, 1.0), ((double)rows["language zh"]["auroc"]!["low"]!, (double)rows["language zh"]["auroc"]!["high"]!));
        // 40 of each, of which three quarters: a standard error of 0.07 each way.
        Assert.InRange((double)rows["all all"]["recall"]!["low"]!, 0.55, 0.70);
        Assert.InRange((double)rows["all all"]["recall"]!["high"]!, 0.80, 0.95);

        Assert.True(markdown.ExitCode == 0, markdown.Errors);
        Assert.Contains("| language | texts | harmful | precision |", markdown.Output, StringComparison.Ordinal);
        Assert.Contains("| all | 80 | 40 | 0.750 (", markdown.Output, StringComparison.Ordinal);
        Assert.Contains("| zh | 30 | 10 | 1.000 (1.000–1.000) | 1.000 (1.000–1.000) |", markdown.Output, StringComparison.Ordinal);
        Assert.Contains("| 75.0 % | 25.0 % | 0.0 % |", markdown.Output, StringComparison.Ordinal);
        // The same numbers whoever asks, and in the files.
        Assert.Equal(json.Output.TrimEnd(), File.ReadAllText(_files["out/evaluation.json"]).TrimEnd());
        Assert.Equal(markdown.Output.TrimEnd(), File.ReadAllText(_files["out/evaluation.md"]).TrimEnd());

        void Check(string name, int texts, int harmful, params double[] figures)
        {
            string[] keys = ["precision", "recall", "f1", "auroc", "averagePrecision", "recallAt1PercentFalsePositives"];
            var row = rows[name];
            Assert.Equal((name, texts, harmful), (name, (int)row["texts"]!, (int)row["harmful"]!));
            for (var i = 0; i < keys.Length; i++)
            {
                var (value, low, high) = ((double)row[keys[i]]!["value"]!, (double)row[keys[i]]!["low"]!, (double)row[keys[i]]!["high"]!);
                Assert.True(Math.Abs(figures[i] - value) < 1e-5, $"{name}, {keys[i]}: {value} instead of {figures[i]}");
                Assert.True(low <= value && value <= high, $"{name}, {keys[i]}: {value} not in {low} to {high}");
            }

            string[] shares = ["harmFlagged", "harmlessFlagged", "harmlessBlocked"];
            for (var i = 0; i < shares.Length; i++) Assert.Equal(figures[keys.Length + i], (double)row[shares[i]]!, 5);
        }
    }

    [Fact]
    public async Task Eval_OfBadInput_SaysWhereAndExitsWith2()
    {
        _files.Write("bad.jsonl", Lines("en", "prompt", "x", ("low", null)) + "{\"text\":\"x\"}\n");
        await using var bad = await RunAsync("eval", _files["bad.jsonl"], "--model", _files["m"]);
        await using var missing = await RunAsync("eval", _files["nowhere.jsonl"], "--model", _files["m"]);
        await using var half = await RunAsync("eval", _files["one.jsonl"], "--half", "c", "--model", _files["m"]);

        Assert.Equal((2, 2, 2), (bad.ExitCode, missing.ExitCode, half.ExitCode));
        Assert.Contains($"bad.jsonl:{Copies + 1}: ", bad.Errors, StringComparison.Ordinal);
        Assert.Contains("nowhere.jsonl is missing", missing.Errors, StringComparison.Ordinal);
        Assert.Contains("--half is \"c\"", half.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_NamesTheWordThatCarriedTheScore_AndTheOneThatSpokeAgainstIt()
    {
        const string Text = "one two three four five high six seven eight nine ten least and so on";
        await using var both = await RunAsync("explain", Text, "--model", _files["m"]);
        await using var one = await RunAsync("explain", Text, "--model", _files["m"], "--label", "any", "--top", "1");
        await using var unknown = await RunAsync("explain", Text, "--model", _files["m"], "--label", "anger");
        await using var side = await RunAsync("explain", Text, "--model", _files["m"], "--side", "sideways");

        Assert.True(both.ExitCode == 0, both.Errors);
        // 15 words and the frame weigh 6 - 6 = 0 together.
        Assert.StartsWith("any: 0.500\n", both.Output, StringComparison.Ordinal);
        Assert.Contains("privacy-right: ", both.Output, StringComparison.Ordinal);
        var lines = both.Output.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("  +", StringComparison.Ordinal) && line.Contains("high", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  -", StringComparison.Ordinal) && line.Contains("least", StringComparison.Ordinal));
        // Without "high" 16 tokens weigh -6 together.
        Assert.Contains(lines, line => line.StartsWith("  +0.3", StringComparison.Ordinal) && line.EndsWith(" \"high\" at 24..28", StringComparison.Ordinal));
        Assert.Equal(2, one.Output.TrimEnd().Split('\n').Length);
        Assert.Equal((2, 2), (unknown.ExitCode, side.ExitCode));
        Assert.Contains("the model has any, privacy-right", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_WithTheShippedModel_PointsAtTheInsult()
    {
        await using var explained = await RunAsync("explain", "The bread was fine today, but you are a worthless bitch, said the man on the bus.", "--label", "any", "--top", "2");
        Assert.True(explained.ExitCode == 0, explained.Errors);
        Assert.Contains("bitch", explained.Output.Split('\n')[1], StringComparison.Ordinal);
    }

    private static string Lines(string language, string side, string source, params (string Text, string? Label)[] texts) => string.Concat(texts.SelectMany(text => Enumerable.Repeat(
        new JsonObject
        {
            ["text"] = text.Text,
            ["lang"] = language,
            ["side"] = side,
            ["labels"] = text.Label is null ? [] : new JsonArray(text.Label),
            ["source"] = source,
        }.ToJsonString() + "\n",
        Copies)));

    private Task<ChildProcess> EvalAsync(params string[] arguments) => RunAsync(["eval", _files["one.jsonl"], _files["two.jsonl.gz"], "--model", _files["m"], .. arguments]);

    private static Task<ChildProcess> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Repository.GatewayBinary, ["model", .. arguments]);
}
