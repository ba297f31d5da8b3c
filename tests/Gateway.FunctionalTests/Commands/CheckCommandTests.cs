using System.Diagnostics;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Commands;

/// <summary><c>gateway check</c>: one text, or lines of JSON in and out.</summary>
[Collection(OneAtATime.Name)]
public sealed class CheckCommandTests
{
    [Theory]
    [InlineData(TestLexicon.Block, "block")]
    [InlineData("Good morning", "allow")]
    [InlineData("The kestrelbane museum is open", "allow")]
    public async Task Check_OfOneText_PrintsTheVerdictAndWhy(string text, string action)
    {
        using var files = Files();

        await using var check = await RunAsync(files, null, "--side", "response", text);

        Assert.True(check.ExitCode == 0, check.Errors);
        Assert.Contains(action, check.Output, StringComparison.OrdinalIgnoreCase);
        if (action == "block") Assert.Contains(TestLexicon.BlockRisk, check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfLines_AnswersEachInOrder()
    {
        using var files = Files();
        var astral = $"😀{TestLexicon.BlockAstral}";
        string[] lines =
        [
            Line("Good morning"),
            Line($"It is {TestLexicon.Block} now", "response"),
            Line(astral),
            Line($"{TestLexicon.Review} alone"),
            Line($"{TestLexicon.Watch} only", "prompt"),
            Line(""),
        ];

        await using var check = await RunAsync(files, string.Join('\n', lines) + "\n", "--jsonl");

        Assert.True(check.ExitCode == 0, check.Errors);
        var answers = Answers(check);
        Assert.Equal(["allow", "block", "block", "label", "allow", "allow"], answers.Select(answer => (string)answer["action"]!));
        var risk = answers[1]["risks"]![0]!.AsObject();
        Assert.Equal(["detector", "length", "risk", "rule", "score", "start"], risk.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(6, (int)risk["start"]!);
        Assert.Equal(TestLexicon.Block.Length, (int)risk["length"]!);
        Assert.Equal(1, (double)risk["score"]!);
        Assert.Equal("keyword", (string?)risk["detector"]);
        Assert.StartsWith("test.tsv", (string?)risk["rule"], StringComparison.Ordinal);
        Assert.Equal(2, (int)answers[2]["risks"]![0]!["start"]!);
        Assert.Equal(TestLexicon.BlockAstral.Length, (int)answers[2]["risks"]![0]!["length"]!);
        Assert.All(answers, answer =>
        {
            Assert.Equal(["action", "risks", "scores"], answer.Select(member => member.Key).Order(StringComparer.Ordinal));
            Assert.All(answer["scores"]!.AsObject(), score => Assert.InRange((double)score.Value!, 0, 1));
        });
        Assert.True(answers[0]["scores"]!.AsObject().ContainsKey("any"), check.Output);
    }

    [Fact]
    public async Task Check_OfAKeyInAnAnswer_ShowsTheTextMasked()
    {
        using var files = Files();
        const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";

        await using var text = await RunAsync(files, null, "--side", "response", $"Use {Key}, please.");
        await using var lines = await RunAsync(files, Line($"Use {Key}, please.", "response") + "\n" + Line($"Use {Key}, please.", "prompt") + "\n", "--jsonl");

        Assert.Contains("masked: Use [masked:api-key], please.", text.Output, StringComparison.Ordinal);
        var answers = Answers(lines);
        Assert.Equal(("mask", "Use [masked:api-key], please."), ((string)answers[0]["action"]!, (string)answers[0]["masked"]!));
        Assert.False(answers[1].ContainsKey("masked"));
        Assert.DoesNotContain("4f8Qz", text.Output + lines.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfABadLine_AnswersInItsPlaceAndExitsWith2()
    {
        using var files = Files();
        string[] lines = [Line("Good morning"), "not json", "{\"side\":\"prompt\"}", "{\"text\":42}", "{\"text\":\"x\",\"side\":\"sideways\"}", "[]", Line(TestLexicon.Block)];

        await using var check = await RunAsync(files, string.Join('\n', lines) + "\n", "--jsonl");

        Assert.Equal(2, check.ExitCode);
        var answers = Answers(check);
        Assert.Equal(lines.Length, answers.Count);
        Assert.Equal("allow", (string?)answers[0]["action"]);
        Assert.All(answers.Skip(1).Take(5), answer => Assert.Equal(["error"], answer.Select(member => member.Key)));
        Assert.Equal("block", (string?)answers[^1]["action"]);
    }

    [Fact]
    public async Task Check_WithoutALastLineEnding_AnswersTheLastLineToo()
    {
        using var files = Files();

        await using var check = await RunAsync(files, Line("Good morning") + "\r\n" + Line(TestLexicon.Block), "--jsonl");

        Assert.Equal(["allow", "block"], Answers(check).Select(answer => (string)answer["action"]!));
    }

    [Fact]
    public async Task Check_OfManyLines_JudgesTwoThousandASecond()
    {
        const int Count = 16_000;
        using var files = Files();
        var random = new Random(11);
        string[] words = ["bread", "water", "morning", "今天", "天气", "很好", "river", "garden", "window", "paper", "面包", "朋友"];
        string Text() => string.Concat(Enumerable.Range(0, 40).Select(_ => words[random.Next(words.Length)] + " "))[..100];
        var many = string.Concat(Enumerable.Range(0, Count).Select(index => Line($"{index} {Text()}"[..100]) + "\n"));

        var all = await TimeAsync(files, many, Count);

        // The start is counted too: taking it off would rest on a second measurement that other tests disturb.
        var rate = Count / all.TotalSeconds;
        Assert.True(rate >= 2_000, $"{rate:0} lines a second.");
    }

    private static async Task<TimeSpan> TimeAsync(TempDirectory files, string input, int answers)
    {
        var started = Stopwatch.GetTimestamp();
        await using var check = await RunAsync(files, input, "--jsonl");
        var elapsed = Stopwatch.GetElapsedTime(started);
        Assert.True(check.ExitCode == 0, check.Errors);
        Assert.Equal(answers, Answers(check).Count);
        return elapsed;
    }

    private static TempDirectory Files()
    {
        var files = new TempDirectory();
        files.Write("lexicons/test.tsv", TestLexicon.Lines);
        files.Write("lexicons/allow.tsv", TestLexicon.AllowLines);
        return files;
    }

    private static Task<ChildProcess> RunAsync(TempDirectory files, string? input, params string[] arguments) =>
        ChildProcess.RunAsync(Repository.GatewayBinary, ["check", "--lexicons", files["lexicons"], .. arguments], input);

    private static string Line(string text, string? side = null)
    {
        var line = new JsonObject { ["text"] = text };
        if (side is not null) line["side"] = side;
        return line.ToJsonString();
    }

    private static List<JsonObject> Answers(ChildProcess check) =>
        [.. check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];
}
