using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Rows 29 and 31: the review queue, and what becomes of its decisions.</summary>
[Collection(OneAtATime.Name)]
public sealed class ReviewTests
{
    private const string CoreTerm = "ambercoreword";

    private static readonly string Lexicon = TestLexicon.Lines + $"{CoreTerm}\tsubversion\tblock\n";

    [Fact]
    public async Task Row31_BlockedAndComplainedExchanges_WaitUntilTheyAreReviewed()
    {
        await using var gateway = await CaseGateway.StartAsync();
        var blocked = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block));
        var answered = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}.")));
        var clean = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        await gateway.FileAsync(new JsonObject { ["request_id"] = clean.Id, ["text"] = "The answer was harmful.", ["category"] = "harmful" });

        var kinds = await KindsAsync(gateway);
        Assert.Equal(("blocked", "blocked", "complaint"), (kinds[blocked.Id!], kinds[answered.Id!], kinds[clean.Id!]));
        var (_, shown) = await gateway.AdminAsync($"/reviews/{blocked.Id}");
        Assert.Equal(TestLexicon.Block, (string?)shown["prompt"]![0]!["text"]);
        Assert.Contains(gateway.Host.Audit.Events("break_glass"), happened => (string?)happened["exchange"] == blocked.Id);

        Assert.Equal(400, (await gateway.AdminAsync($"/reviews/{blocked.Id}", new JsonObject { ["side"] = "prompt", ["labels"] = new JsonArray("no-such-risk") })).Status);
        Assert.Equal(403, (await gateway.AdminAsync($"/reviews/{blocked.Id}", Harmless("prompt"), "vera")).Status);
        await gateway.AdminAsync($"/reviews/{blocked.Id}", Harmless("prompt"));
        Assert.True((bool)(await gateway.AdminAsync($"/reviews/{blocked.Id}", Harmless("prompt"), "bert")).Body["done"]!);
        Assert.DoesNotContain(blocked.Id!, await KindsAsync(gateway));
        Assert.Contains(answered.Id!, await KindsAsync(gateway));
    }

    [Fact]
    public async Task Row31_CoreValues_AreReviewedByTwoPeople()
    {
        await using var gateway = await CaseGateway.StartAsync(null, Lexicon);
        var blocked = await gateway.ChatAsync(ChatTranscripts.Request(CoreTerm));
        await KindsAsync(gateway);

        Assert.False(await DecideAsync("anna", Harmless("prompt")));
        Assert.False(await DecideAsync("anna", Harmless("prompt")));
        Assert.False(await DecideAsync("bert", new JsonObject { ["side"] = "prompt", ["labels"] = new JsonArray("subversion") }));
        Assert.Contains(blocked.Id!, await KindsAsync(gateway));
        Assert.True(await DecideAsync("carl", Harmless("prompt")));
        Assert.DoesNotContain(blocked.Id!, await KindsAsync(gateway));

        async Task<bool> DecideAsync(string who, JsonObject decision) => (bool)(await gateway.AdminAsync($"/reviews/{blocked.Id}", decision, who)).Body["done"]!;
    }

    [Fact]
    public async Task Row31_SampledShareOfAllowedTraffic_IsWithinBounds()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:Audit:Text:SampleShare=0.2");
        const int count = 400;
        for (var i = 0; i < count; i++) await gateway.ChatAsync(ChatTranscripts.Request($"Question {i}"));

        var sampled = (await KindsAsync(gateway)).Count(pair => pair.Value == "sampled");

        // Five standard deviations of a binomial distribution.
        Assert.InRange(sampled, (count * 0.2) - 40, (count * 0.2) + 40);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Row29_ReviewedTexts_BecomeExamplesOnlyWhereTrainingIsAllowed(bool mayTrain)
    {
        await using var gateway = await CaseGateway.StartAsync($"--Gateway:Audit:TrainingUse={mayTrain}");
        var blocked = await gateway.ChatAsync(ChatTranscripts.Request($"Where is the {TestLexicon.Block}?"));
        await KindsAsync(gateway);
        foreach (var who in new[] { "anna", "bert" }) await gateway.AdminAsync($"/reviews/{blocked.Id}", Harmless("prompt"), who);
        var path = gateway.Host.Files["examples.jsonl"];

        await using var export = await ChildProcess.RunAsync(Repository.GatewayBinary, ["review", "export", "--out", path, "--reason", "training", "--audit", gateway.Host.Audit.Path]);

        Assert.True(export.ExitCode == 0, export.Errors + export.Output);
        var lines = await File.ReadAllLinesAsync(path);
        await using var records = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "export", "--purpose", "training", "--out", gateway.Host.Files["learn"], "--decrypt", "--reason", "training", "--audit", gateway.Host.Audit.Path]);
        Assert.True(records.ExitCode == 0, records.Errors + records.Output);
        Assert.Equal(mayTrain ? 1 : 0, File.ReadAllLines(gateway.Host.Files["learn/records.ndjson"]).Length);
        Assert.Equal(mayTrain, Directory.EnumerateFiles(gateway.Host.Files["learn"]).Any(file => File.ReadAllText(file).Contains(TestLexicon.Block, StringComparison.Ordinal)));
        Assert.Equal(mayTrain, (bool)(await gateway.LookAsync("/about/all")).Body["training_use"]!);
        if (!mayTrain)
        {
            Assert.Empty(lines);
            return;
        }

        var example = JsonNode.Parse(Assert.Single(lines))!;
        Assert.Equal($"Where is the {TestLexicon.Block}?", (string?)example["text"]);
        Assert.Equal(("en", "prompt", "review", 0), ((string?)example["lang"], (string?)example["side"], (string?)example["source"], example["labels"]!.AsArray().Count));
        await using var evaluated = await ChildProcess.RunAsync(Repository.GatewayBinary, ["model", "eval", path, "--json"]);
        Assert.True(evaluated.ExitCode == 0, evaluated.Errors + evaluated.Output);
    }

    private static JsonObject Harmless(string side) => new() { ["side"] = side, ["labels"] = new JsonArray(), ["reason"] = "harmless" };

    private static async Task<Dictionary<string, string>> KindsAsync(CaseGateway gateway) => (await gateway.AdminAsync("/reviews")).Body["items"]!.AsArray()
        .ToDictionary(item => (string)item!["request_id"]!, item => (string)item!["kind"]!);
}
