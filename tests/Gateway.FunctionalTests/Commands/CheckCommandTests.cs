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

    [Fact]
    public async Task Check_WithAnHttpClassifier_AsksItAndShowsWhatItFound()
    {
        await using var judge = await StubModelServer.StartAsync();
        judge.Fallback = call => call.AnswerAsync(System.Text.Encoding.UTF8.GetBytes(call.Request.Text.Contains("gannet", StringComparison.Ordinal)
            ? """{"results":[{"flagged":true,"category_scores":{"violence":0.97}}]}"""
            : """{"results":[{"flagged":false,"category_scores":{"violence":0.01}}]}"""));
        using var files = FilesThatAsk(judge, "Block");

        await using var lines = await RunInAsync(files, Line("gannet pie") + "\n" + Line("apple pie", "response") + "\n", "--jsonl");
        await using var text = await RunInAsync(files, null, "gannet pie");

        Assert.True(lines.ExitCode == 0, lines.Errors);
        var answers = Answers(lines);
        Assert.Equal(["block", "allow"], answers.Select(answer => (string)answer["action"]!));
        Assert.Contains(answers[0]["risks"]!.AsArray(), risk => (string?)risk!["detector"] == "http-classifier" && (string?)risk["risk"] == "violence-obscenity.violence");
        Assert.All(answers, answer => Assert.False(answer.ContainsKey("faults")));
        Assert.Contains("violence-obscenity.violence: http-classifier", text.Output, StringComparison.Ordinal);
        Assert.Equal(3, judge.Requests.Count);
    }

    [Theory]
    [InlineData("Block", "block")]
    [InlineData("Allow", "allow")]
    public async Task Check_WhenTheHttpClassifierFails_ShowsTheFaultAndWhatPolicyMakesOfIt(string onFault, string action)
    {
        await using var judge = await StubModelServer.StartAsync();
        judge.Fallback = call => call.AnswerAsync("down"u8.ToArray(), 502);
        using var files = FilesThatAsk(judge, onFault);

        await using var lines = await RunInAsync(files, Line("apple pie") + "\n" + Line(TestLexicon.Block) + "\n", "--jsonl");
        await using var text = await RunInAsync(files, null, "apple pie");

        var answers = Answers(lines);
        Assert.Equal([action, "block"], answers.Select(answer => (string)answer["action"]!));
        Assert.All(answers, answer => Assert.Equal($$"""[{"detector":"http-classifier","reason":"runtime","onFault":"{{action}}"}]""", answer["faults"]!.ToJsonString()));
        Assert.Contains($"action: {action}", text.Output, StringComparison.Ordinal);
        Assert.Contains($"fault: http-classifier runtime, the HTTP classifier answered 502; OnFault is {onFault}", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_WithAWrongSetting_SaysWhichAndJudgesNothing()
    {
        using var files = Files();
        files.Write("appsettings.json", """{"Gateway":{"HttpClassifier":{"Url":"guard","Kind":"oracle"}}}""");

        await using var check = await RunInAsync(files, null, "apple pie");

        Assert.NotEqual(0, check.ExitCode);
        Assert.Contains("Gateway:HttpClassifier:Url is 'guard'", check.Errors, StringComparison.Ordinal);
        Assert.Contains("Gateway:HttpClassifier:Kind is 'oracle'", check.Errors, StringComparison.Ordinal);
    }

    /// <summary>Files of a gateway that has no model of its own and asks a service, as its settings say.</summary>
    private static TempDirectory FilesThatAsk(StubModelServer judge, string onFault)
    {
        var files = Files();
        files.Write("p/default.json", GatewaySetup.PolicyOf(members: [("OnFault", onFault), ("Thresholds", new JsonObject { ["any"] = new JsonObject { ["Label"] = 0.5, ["Block"] = 0.9, ["Cut"] = 0.95 } })]).ToJsonString());
        files.Write("appsettings.json", new JsonObject
        {
            ["Gateway"] = new JsonObject
            {
                ["Policies"] = files["p"],
                ["Classifier"] = new JsonObject { ["Enabled"] = false },
                ["HttpClassifier"] = new JsonObject { ["Url"] = $"{judge.Address}v1/moderations" },
            },
        }.ToJsonString());
        return files;
    }

    private static Task<ChildProcess> RunInAsync(TempDirectory files, string? input, params string[] arguments) =>
        ChildProcess.RunAsync(Repository.GatewayBinary, ["check", "--lexicons", files["lexicons"], .. arguments], input, folder: files.Path);

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
