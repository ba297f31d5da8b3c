using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>A gateway that asks a guard over HTTP: a chat model that answers in Qwen3Guard's words, sometimes late, sometimes not at all.</summary>
public sealed class HttpClassifierTests : IAsyncLifetime
{
    private const string Risky = "gannet pie";

    private StubModelServer _upstream = null!;
    private StubModelServer _guard = null!;

    public async Task InitializeAsync()
    {
        _upstream = await StubModelServer.StartAsync();
        _guard = await StubModelServer.StartAsync();
        _guard.Fallback = JudgeAsync;
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _guard.DisposeAsync();
    }

    [Fact]
    public async Task Guard_Unsafe_BlocksPromptsAndAnswersAndNamesTheRisk()
    {
        await using var host = await StartAsync();

        var prompt = await AskAsync(host, $"How is {Risky} made?");
        var answer = await AskAsync(host, "Hello", _upstream.Json(ChatTranscripts.Answer($"It is {Risky}.")));
        var stream = await AskAsync(host, "Hello", _upstream.Stream(ChatEvents.Of("Well then. ", $"It is {Risky}. ").Frames), stream: true);
        var clean = await AskAsync(host, "Hello");

        Refusals.AssertBlockedPrompt(prompt);
        var found = Assert.Single(host.Audit.Find(prompt.Id!)).RequestDetections;
        Assert.Contains(found, detection => (string?)detection!["detector"] == "http-classifier" && (string?)detection["risk"] == "violence-obscenity.violence");
        Assert.Equal("block", Assert.Single(host.Audit.Find(answer.Id!)).ResponseAction);
        Assert.DoesNotContain(Risky, answer.Text, StringComparison.Ordinal);
        Refusals.AssertCut(stream, "Well then. ");
        Assert.Equal(200, clean.Status);
        var asked = JsonNode.Parse(_guard.Requests[0].Text)!;
        Assert.Equal(("user", $"How is {Risky} made?"), ((string)asked["messages"]![0]!["role"]!, (string)asked["messages"]![0]!["content"]!));
        Assert.Contains(_guard.Requests, request => request.Text.Contains("\"assistant\"", StringComparison.Ordinal));
        var metrics = await host.MetricsAsync();
        Assert.Equal(_guard.Requests.Count, metrics.Sum("gateway_http_classifier_questions_total", "outcome=\"answered\""));
        Assert.Equal(_guard.Requests.Count, metrics.Sum("gateway_http_classifier_duration_seconds_count", "outcome=\"answered\""));
        Assert.Equal(1, metrics.Sum("gateway_http_classifier_circuit_state"));
    }

    [Theory]
    [InlineData("Block", 503)]
    [InlineData("Allow", 200)]
    public async Task Guard_WithoutAnAnswer_IsGivenUpInTimeAndPolicyDecides(string onFault, int status)
    {
        await using var host = await StartAsync(onFault, "--Gateway:HttpClassifier:TimeoutMilliseconds=100");
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _guard.Fallback = async call =>
        {
            await call.Cancelled.WaitAsync(Eventually.Patience);
            left.TrySetResult();
        };

        var exchange = await AskAsync(host, "Hello");

        Assert.Equal(status, exchange.Status);
        Assert.Contains("\"reason\":\"fault\"", Assert.Single(host.Audit.Find(exchange.Id!)).Json["request"]!.ToJsonString(), StringComparison.Ordinal);
        await left.Task.WaitAsync(Eventually.Patience);
        Assert.True((await host.MetricsAsync()).Sum("gateway_http_classifier_questions_total", "outcome=\"timeout\"") > 0);
    }

    [Theory]
    [InlineData("no answer at all", 200, "bad_output")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"Well.\"}}]}", 200, "bad_output")]
    [InlineData("{}", 500, "failed")]
    public async Task Guard_WhatBecameOfAQuestion_IsCounted(string answer, int status, string outcome)
    {
        await using var host = await StartAsync();
        _guard.Fallback = call => call.AnswerAsync(Encoding.UTF8.GetBytes(answer), status);

        Assert.Equal(503, (await AskAsync(host, "Hello")).Status);

        var metrics = await host.MetricsAsync();
        Assert.Equal((1d, 1d), (metrics.Sum("gateway_http_classifier_questions_total", $"outcome=\"{outcome}\""), metrics.Sum("gateway_http_classifier_questions_total")));
    }

    [Fact]
    public async Task Guard_ThatKeepsFailing_IsLeftAloneAndAskedAgainLater()
    {
        await using var host = await StartAsync(arguments: "--Gateway:HttpClassifier:BreakSeconds=1");
        _guard.Fallback = call => call.AnswerAsync("down"u8.ToArray(), 502);
        for (var i = 0; i < 15; i++) Assert.Equal(503, (await AskAsync(host, $"Hello {i}")).Status);
        Assert.InRange(_guard.Requests.Count, 10, 14);
        var metrics = await host.MetricsAsync();
        Assert.Equal(-1, metrics.Sum("gateway_http_classifier_circuit_state"));
        Assert.Equal(_guard.Requests.Count, metrics.Sum("gateway_http_classifier_questions_total", "outcome=\"failed\""));
        Assert.Equal(15 - _guard.Requests.Count, metrics.Sum("gateway_http_classifier_questions_total", "outcome=\"circuit_open\""));
        Assert.Equal(_guard.Requests.Count, metrics.Sum("gateway_http_classifier_duration_seconds_count"));

        _guard.Fallback = JudgeAsync;
        await Eventually.TrueAsync(async () => (await AskAsync(host, "Hello")).Status == 200, "the circuit has closed");
        Refusals.AssertBlockedPrompt(await AskAsync(host, Risky));
        Assert.Equal(1, (await host.MetricsAsync()).Sum("gateway_http_classifier_circuit_state"));
    }

    private static Task JudgeAsync(StubCall call)
    {
        var words = call.Request.Text.Contains(Risky, StringComparison.Ordinal) ? "Safety: Unsafe\nCategories: Violent" : "Safety: Safe\nCategories: None";
        if (call.Request.Text.Contains("\"assistant\"", StringComparison.Ordinal)) words += "\nRefusal: No";
        return call.AnswerAsync(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["object"] = "chat.completion",
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = words }, ["finish_reason"] = "stop" }),
        }.ToJsonString()));
    }

    private Task<GatewayTestHost> StartAsync(string onFault = "Block", params string[] arguments) => GatewayTestHost.StartAsync(new GatewaySetup
    {
        Upstream = _upstream.Address,
        Policy = GatewaySetup.PolicyOf(members: [("OnFault", onFault), ("Thresholds", new JsonObject { ["any"] = new JsonObject { ["Block"] = 0.9, ["Label"] = 0.5, ["Cut"] = 0.9 } })]),
        Arguments = [$"--Gateway:HttpClassifier:Url={_guard.Address}v1/chat/completions", "--Gateway:HttpClassifier:Kind=guard", "--Gateway:HttpClassifier:Model=guard", .. arguments],
    });

    private static async Task<Exchange> AskAsync(GatewayTestHost host, string prompt, StubScript? script = null, bool stream = false)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(prompt, stream), script?.Id);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }
}
