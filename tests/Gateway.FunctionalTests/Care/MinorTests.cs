using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>Row 36: the policy of minors, on top of the ordinary one.</summary>
public sealed class MinorTests(MinorGateway gateway) : IClassFixture<MinorGateway>
{
    [Fact]
    public async Task Row36_TheSamePrompt_IsJudgedMoreStrictlyForAMinor()
    {
        var adult = await AskAsync(MinorGateway.Term, false);
        var minor = await AskAsync(MinorGateway.Term, true);
        var harmless = await AskAsync("Hello", true);

        Assert.Equal((200, Actions.Label), (adult.Status, adult.Action));
        Assert.Equal((400, Actions.Block), (minor.Status, minor.Action));
        Assert.Equal((200, Actions.Allow), (harmless.Status, harmless.Action));
        var record = await gateway.RecordAsync(minor, Outcomes.Blocked, Actions.Block);
        Assert.Contains("minor", (string?)record.Json["policy"], StringComparison.Ordinal);
    }

    private Task<Exchange> AskAsync(string prompt, bool isMinor) => gateway.ChatAsync(
        ChatTranscripts.Request(prompt), gateway.Stub.Json(ChatTranscripts.Answer("Fine.")), message => message.Headers.Add(CareGateway.MinorHeader, isMinor ? "1" : "0"));
}
