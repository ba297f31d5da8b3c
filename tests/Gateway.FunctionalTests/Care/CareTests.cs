using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>Rows 36 to 40: crisis path, companion service, minors.</summary>
public sealed class CareTests(CareGateway gateway) : IClassFixture<CareGateway>
{
    private int _user;

    [Theory]
    [InlineData("我想自杀")]
    [InlineData("I want to kill myself.")]
    [InlineData("我已经写好遗书，放在桌上了。")]
    [InlineData("“我想自杀”")]
    public async Task Row39_DirectAndIndirectWords_AreAnsweredWithHelpAndToldOnce(string prompt)
    {
        foreach (var isStream in new[] { false, true })
        {
            var script = gateway.Stub.Json(ChatTranscripts.Answer("No."));
            var user = NewUser();

            var exchange = await AskAsync(ChatTranscripts.Request(prompt, isStream), user, script);

            Assert.Equal(200, exchange.Status);
            Assert.Empty(script.Requests);
            var text = isStream ? exchange.Events.Texts["0/content"] : (string)exchange.Json["choices"]![0]!["message"]!["content"]!;
            Assert.Equal($"You are not alone.\n{CareGateway.Helpline}\nSecond line", text);
            await Eventually.TrueAsync(() => Task.FromResult(gateway.Host.Audit.Events("crisis_notified").Any(happened => (string?)happened["exchange"] == exchange.Id)), "the crisis is passed on");
            var told = Assert.Single(gateway.Hook.Requests, request => JsonNode.Parse(request.Body)!["request_id"]!.ToString() == exchange.Id);
            var body = JsonNode.Parse(told.Body)!;
            Assert.Equal(("crisis", user), ((string?)body["event"], (string?)body["user"]));
            Assert.DoesNotContain(prompt, System.Text.Encoding.UTF8.GetString(told.Body), StringComparison.Ordinal);
            var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
            Assert.Equal("crisis", (string?)record.Json["care"]![0]);
        }
    }

    [Theory]
    [InlineData("我朋友说他想自杀，我该怎么帮他？")]
    [InlineData("请把小说里的这句话译成英文：“我想自杀”，她低声说。")]
    [InlineData("My friend says: \"i want to kill myself\". How can I help?")]
    public async Task Row39_QuotedAndThirdPersonWords_GoToTheModel(string prompt)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Listen to him."));

        var exchange = await AskAsync(ChatTranscripts.Request(prompt), NewUser(), script);

        Assert.Equal(200, exchange.Status);
        Assert.Single(script.Requests);
        Assert.DoesNotContain(CareGateway.Helpline, exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row39_DespairThatMayMeanLess_IsAnsweredByTheModelWithHelpBesideIt()
    {
        var exchange = await AskAsync(ChatTranscripts.Request("最近压力太大，我不想活了"), NewUser(), gateway.Stub.Json(ChatTranscripts.Answer("Tell me more.")));

        var text = (string)exchange.Json["choices"]![0]!["message"]!["content"]!;
        Assert.Contains(CareGateway.Helpline, text, StringComparison.Ordinal);
        Assert.EndsWith("Tell me more.", text, StringComparison.Ordinal);
        Assert.Contains(exchange.Json["gateway_notices"]!.AsArray(), notice => (string?)notice!["kind"] == "help");
        Assert.DoesNotContain(gateway.Hook.Requests, request => JsonNode.Parse(request.Body)!["request_id"]!.ToString() == exchange.Id);
    }

    [Fact]
    public async Task Row39_AnEarlierCrisis_IsNotAnsweredAgain()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Good."));
        var turns = new[] { ChatTranscripts.Turn("user", "我想自杀"), ChatTranscripts.Turn("assistant", "You are not alone."), ChatTranscripts.Turn("user", "Thank you, I feel better.") };

        var exchange = await AskAsync(ChatTranscripts.Request(turns), NewUser(), script);

        Assert.Single(script.Requests);
        Assert.DoesNotContain(gateway.Hook.Requests, request => JsonNode.Parse(request.Body)!["request_id"]!.ToString() == exchange.Id);
    }

    [Fact]
    public async Task Row39_AQuestionHowToHarmOneself_IsNeverABareBlock()
    {
        var line = File.ReadLines(Path.Combine(Repository.Root, "deploy", "lexicons", "starter", "self-harm.tsv"))
            .Select(each => each.Split('\t')).First(parts => parts.Length >= 3 && parts[1] == "physical-mental-harm.self-harm" && parts[2] == "block");

        var exchange = await AskAsync(ChatTranscripts.Request(line[0]), NewUser());

        Assert.Equal(200, exchange.Status);
        Assert.Contains(CareGateway.Helpline, exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row39_AHookThatFails_IsTriedAgain()
    {
        gateway.Failures = 2;

        var exchange = await AskAsync(ChatTranscripts.Request("我要自杀"), NewUser());

        await Eventually.TrueAsync(() => Task.FromResult(gateway.Host.Audit.Events("crisis_notified").Any(happened => (string?)happened["exchange"] == exchange.Id)), "the crisis is passed on");
        var happened = gateway.Host.Audit.Events("crisis_notified").Single(each => (string?)each["exchange"] == exchange.Id);
        Assert.Equal(("delivered", "3"), ((string?)happened["facts"]!["outcome"], (string?)happened["facts"]!["attempts"]));
    }

    [Theory]
    [InlineData("退出")]
    [InlineData(" Bye! ")]
    public async Task Row40_AnExitWord_EndsTheConversationInOneTurn(string word)
    {
        var user = NewUser();
        await AskAsync(ChatTranscripts.Request("Hello"), user);
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Please stay with me!"));

        var exchange = await AskAsync(ChatTranscripts.Request(word), user, script);

        Assert.Empty(script.Requests);
        Assert.Equal("The end.", (string?)exchange.Json["choices"]![0]!["message"]!["content"]);
        var next = await AskAsync(ChatTranscripts.Request("Hello"), user);
        Assert.Equal("ai", (string?)next.Json["gateway_notices"]![0]!["kind"]);
    }

    [Theory]
    [InlineData("How do I say bye in French?")]
    [InlineData("退出登录怎么操作")]
    public async Task Row40_AnExitWordInASentence_IsNone(string prompt)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Au revoir."));
        await AskAsync(ChatTranscripts.Request(prompt), NewUser(), script);
        Assert.Single(script.Requests);
    }

    [Fact]
    public async Task Row38_TheFirstTurn_CarriesTheNoticeAndTheSecondDoesNot()
    {
        var user = NewUser();
        var first = await AskAsync(ChatTranscripts.Request("Hello"), user, gateway.Stub.Json(ChatTranscripts.Answer("Hi.")));
        var second = await AskAsync(ChatTranscripts.Request("Hello"), user, gateway.Stub.Json(ChatTranscripts.Answer("Hi.")));
        var streamed = await AskAsync(ChatTranscripts.Request("Hello", stream: true), NewUser(), gateway.Stub.Stream(ChatEvents.OfRunes("Hi.")));
        var stranger = await AskAsync(ChatTranscripts.Request("Hello"), null, gateway.Stub.Json(ChatTranscripts.Answer("Hi.")));

        Assert.Equal("You talk to an AI.\n\nHi.", (string?)first.Json["choices"]![0]!["message"]!["content"]);
        Assert.Equal(("ai", "You talk to an AI."), ((string?)first.Json["gateway_notices"]![0]!["kind"], (string?)first.Json["gateway_notices"]![0]!["text"]));
        Assert.Equal(ChatTranscripts.Answer("Hi."), second.Body);
        Assert.Equal("You talk to an AI.\n\nHi.", streamed.Events.Texts["0/content"]);
        Assert.Single(streamed.Events.Chunks, chunk => chunk.ContainsKey("gateway_notices"));
        Assert.Equal(ChatTranscripts.Answer("Hi."), stranger.Body);
    }

    [Fact]
    public async Task Row36_Minors_MayNotUseACompanionService()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Hi."));

        var exchange = await AskAsync(ChatTranscripts.Request("Hello"), NewUser(), script, isMinor: true);

        Assert.Equal(403, exchange.Status);
        Assert.Equal("minor_not_allowed", (string?)exchange.Json["error"]!["code"]);
        Assert.Empty(script.Requests);
    }

    private string NewUser() => $"user-{Interlocked.Increment(ref _user)}-{Guid.NewGuid():N}";

    private Task<Exchange> AskAsync(byte[] body, string? user, StubScript? script = null, bool isMinor = false) => gateway.ChatAsync(body, script, message =>
    {
        if (user is not null) message.Headers.Add(CareGateway.UserHeader, user);
        if (isMinor) message.Headers.Add(CareGateway.MinorHeader, "true");
    });
}
