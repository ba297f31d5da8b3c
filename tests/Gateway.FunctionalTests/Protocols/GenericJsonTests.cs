using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>A route that opts into judging any JSON: every name and every string, in both directions, whole or streamed.</summary>
public sealed class GenericJsonTests(JsonGateway gateway) : IClassFixture<JsonGateway>
{
    private const string Path = "/custom/v7/anything";
    private static readonly byte[] Request = "{\"a\":{\"b\":[\"hello\"]}}"u8.ToArray();

    [Theory]
    [InlineData("{\"a\":{\"b\":[1,\"kestrelbane\"]}}")]
    [InlineData("{\"kestrelbane\":1}")]
    [InlineData("[\"x\",\"kestrelbane\"]")]
    [InlineData("\"kestrelbane\"")]
    [InlineData("{\"model\":\"kestrelbane\"}")]
    public async Task Prompt_WithTheTermAnywhere_IsRefused(string body)
    {
        var upstream = gateway.Stub.Requests.Count;

        var exchange = await gateway.SendAsync(HttpMethod.Post, Path, Encoding.UTF8.GetBytes(body));

        Refusals.AssertBlockedPrompt(exchange);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
        Assert.Equal("json", (string?)record.Json["protocol"]);
    }

    [Fact]
    public async Task Answer_CleanAndBlocked_PassesAndIsWithheld()
    {
        var transcript = Transcript.Load("json.json");
        var clean = await gateway.SendAsync(HttpMethod.Put, Path, Request, gateway.Stub.Json(transcript.Bytes("fine")).Id);
        var blocked = await gateway.SendAsync(HttpMethod.Get, Path, null, gateway.Stub.Json(transcript.Bytes($"a {TestLexicon.Block}")).Id);

        Assert.Equal(transcript.Bytes("fine"), clean.Body);
        Assert.Equal(400, blocked.Status);
        Refusals.AssertError(blocked, code: "content_filter");
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Stream_CleanAndBlocked_PassesAndEndsWithTheError()
    {
        var transcript = Transcript.Load("json.sse");
        var clean = await gateway.SendAsync(HttpMethod.Post, Path, Request, gateway.Stub.Cut(Chunked.Every(transcript.Bytes("ke", "strel", " flies"), 1)).Id);
        var blocked = await gateway.SendAsync(HttpMethod.Post, Path, Request, gateway.Stub.Stream(transcript.Frames("Oh ", "kes", "trel", "bane", " it is")).Id);

        Assert.Equal(Encoding.UTF8.GetString(transcript.Bytes("ke", "strel", " flies")), clean.Text);
        Recorded.AssertHolds(blocked.Text, "the stream");
        Assert.Equal("content_filter", blocked.Events.ErrorCode);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Lines_CleanAndBlocked_PassAndEndWithTheError()
    {
        var clean = "{\"w\":\"ke\"}\n{\"w\":\"strel\"}\n{\"end\":true}\n"u8.ToArray();
        var passed = await gateway.SendAsync(HttpMethod.Post, Path, Request, gateway.Stub.Cut(Chunked.Every(clean, 1), "application/x-ndjson").Id);
        var blocked = await gateway.SendAsync(HttpMethod.Post, Path, Request,
            gateway.Stub.Stream(["{\"w\":\"kes\"}\n"u8.ToArray(), "{\"w\":\"trelbane\"}\n"u8.ToArray()]).Id, null);
        var lines = await gateway.SendAsync(HttpMethod.Post, Path, Request,
            gateway.Stub.Cut(["{\"w\":\"kes\"}\n"u8.ToArray(), "{\"w\":\"trelbane\"}\n"u8.ToArray()], "application/x-ndjson").Id);

        Assert.Equal(clean, passed.Body);
        Recorded.AssertHolds(blocked.Text, "lines that call themselves events");
        Recorded.AssertHolds(lines.Text, "the lines");
        Assert.Contains("content_filter", lines.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherPaths_AreNotServed() =>
        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Post, "/v1/chat/completions", ChatTranscripts.Request("Hello"))).Status);
}
