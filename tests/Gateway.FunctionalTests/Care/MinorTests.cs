using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>Row 36: the policy of minors, on top of the ordinary one.</summary>
public sealed class MinorTests(MinorGateway gateway) : IClassFixture<MinorGateway>
{
    [Theory]
    [InlineData("x-minor-misconduct")]
    [InlineData("x-minor-values")]
    [InlineData("x-minor-image")]
    [InlineData("x-minor-data")]
    public async Task Row36_TheSamePrompt_IsJudgedMoreStrictlyForAMinor(string risk)
    {
        var prompt = $"Tell me of the {MinorGateway.TermOf(risk)}.";

        var adult = await AskAsync(prompt, false);
        var minor = await AskAsync(prompt, true);

        Assert.Equal((200, Actions.Label), (adult.Status, adult.Action));
        Assert.Equal((400, Actions.Block), (minor.Status, minor.Action));
        var record = await gateway.RecordAsync(minor, Outcomes.Blocked, Actions.Block);
        Assert.Contains("minor", (string?)record.Json["policy"], StringComparison.Ordinal);
        Assert.Contains(risk, record.Json["request"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row36_WhatIsHarmlessForBoth_PassesForBoth()
    {
        foreach (var isMinor in new[] { false, true }) Assert.Equal((200, Actions.Allow), ((await AskAsync("Hello", isMinor)).Status, (await AskAsync("Hello", isMinor)).Action));
    }

    [Fact]
    public async Task Row36_WhoIsTakenForAMinor_CanAppeal()
    {
        var refused = await AskAsync(MinorGateway.TermOf("x-minor-values"), true);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/complaints")
        {
            Content = new StringContent(new JsonObject { ["request_id"] = refused.Id, ["kind"] = "appeal", ["category"] = "refused", ["text"] = "I am of age." }.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        using var response = await gateway.Host.Client.SendAsync(request);
        var filed = await Exchange.ReadAsync(response);

        Assert.Equal((201, "appeal", refused.Id), (filed.Status, (string?)filed.Json["kind"], (string?)filed.Json["request_id"]));
    }

    private Task<Exchange> AskAsync(string prompt, bool isMinor) => gateway.ChatAsync(
        ChatTranscripts.Request(prompt), gateway.Stub.Json(ChatTranscripts.Answer("Fine.")), message => message.Headers.Add(CareGateway.MinorHeader, isMinor ? "1" : "0"));
}
