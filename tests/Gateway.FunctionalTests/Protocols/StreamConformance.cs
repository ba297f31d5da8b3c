using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>What every protocol must do with an answer that is streamed.</summary>
public abstract class StreamConformance(PlainGateway gateway) : ProtocolConformance(gateway)
{
    private const string Before = "So then, here it comes: ";

    /// <summary>File of a streamed answer.</summary>
    protected abstract string StreamTranscript { get; }

    /// <summary>Where streaming requests go.</summary>
    protected virtual string StreamPath => Path;

    /// <summary>A request that asks for a stream.</summary>
    protected virtual JsonObject AskForStream(string prompt)
    {
        var request = Ask(prompt);
        request["stream"] = true;
        return request;
    }

    /// <summary>The texts of one event that are new; those that tell the whole again are not.</summary>
    protected virtual IEnumerable<JsonNode?> Deltas(JsonNode data) => Texts(data);

    /// <summary>The end of a cut stream, in the protocol's shape.</summary>
    private protected abstract void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange);

    /// <summary>An error in a stream, and no end.</summary>
    private protected abstract void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange);

    [Fact]
    public async Task Stream_Allowed_IsTheSameBytes()
    {
        var transcript = Transcript.Load(StreamTranscript);
        var bytes = transcript.Bytes("Good ", "morning 早上", "好 😀, ke", "strel", " and 赤", "霞 are near", " misses.");

        foreach (var pieces in new[] { [bytes], Chunked.Every(bytes, 1), Chunked.Every(bytes, 7), Chunked.BySeed(bytes, 11) })
        {
            var exchange = await StreamAsync(AskForStream("Hello"), Gateway.Stub.Cut(pieces, transcript.ContentType));

            Assert.Equal(200, exchange.Status);
            Assert.Equal(Encoding.UTF8.GetString(bytes), exchange.Text);
            await Gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        }
    }

    [Fact]
    public async Task Stream_BlockedPrompt_IsRefusedAndNotForwarded()
    {
        var script = Gateway.Stub.Stream(Transcript.Load(StreamTranscript).Frames("Fine."));

        var exchange = await StreamAsync(AskForStream($"Tell me of {TestLexicon.Block}"), script);

        AssertRefusedPrompt(exchange, stream: true);
        Assert.Empty(script.Requests);
        await Gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Fact]
    public async Task Stream_WithTheTermInOneDelta_IsCut()
    {
        foreach (var term in TestLexicon.BlockTerms) await AssertCutAsync([Before, term, " and more"]);
    }

    [Fact]
    public async Task Stream_WithOneCharacterADelta_IsCut()
    {
        foreach (var term in TestLexicon.BlockTerms) await AssertCutAsync([.. (Before + term + " and more").EnumerateRunes().Select(rune => rune.ToString())]);
    }

    [Fact]
    public async Task Stream_BlockedAndCutByChance_ReleasesTheSame()
    {
        var transcript = Transcript.Load(StreamTranscript);
        var bytes = transcript.Bytes(Before, "kestr", "elba", "ne and", " more");
        var whole = await StreamAsync(AskForStream("Hello"), Gateway.Stub.Cut([bytes], transcript.ContentType));
        Recorded.AssertHolds(whole.Text, "the stream");

        for (var seed = 0; seed < 25; seed++)
        {
            var exchange = await StreamAsync(AskForStream("Hello"), Gateway.Stub.Cut(Chunked.BySeed(bytes, seed), transcript.ContentType));
            Assert.True(whole.Text == exchange.Text, $"Seed {seed}.\nWhole:\n{whole.Text}\nCut:\n{exchange.Text}");
        }
    }

    [Fact]
    public async Task Stream_WithAKeyOverDeltas_IsMasked()
    {
        var transcript = Transcript.Load(StreamTranscript);
        foreach (var size in new[] { 1, 3, 1000 })
        {
            var text = $"Use {Key}, please.";
            var frames = transcript.Frames([.. Enumerable.Range(0, (text.Length + size - 1) / size).Select(index => text.Substring(index * size, Math.Min(size, text.Length - (index * size))))]);

            var exchange = await StreamAsync(AskForStream("Hello"), Gateway.Stub.Cut(frames, transcript.ContentType));

            Assert.Equal("Use [masked:api-key], please.", string.Concat(Read(exchange).SelectMany(Deltas).Select(text => (string?)text)));
            Assert.DoesNotContain("sk-proj", exchange.Text, StringComparison.Ordinal);
            Assert.Equal(Read(transcript.Bytes("x")).Count - 1, Read(exchange).Count - ((text.Length + size - 1) / size));
            await Gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Mask);
        }
    }

    [Fact]
    public async Task Stream_UpstreamDying_EndsWithAnErrorAndNoEnd()
    {
        var transcript = Transcript.Load(StreamTranscript);
        var script = Gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in transcript.Beginning("All is well", " so far")) await call.WriteAsync(frame);
            await call.AbortAsync();
        });

        var exchange = await StreamAsync(AskForStream("Hello"), script);

        AssertBrokenOff(Read(exchange), exchange);
        await Gateway.RecordAsync(exchange, Outcomes.UpstreamError);
    }

    private async Task AssertCutAsync(IReadOnlyList<string> pieces)
    {
        var transcript = Transcript.Load(StreamTranscript);
        var script = Gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in transcript.Beginning(pieces)) await call.WriteAsync(frame);
            await call.Cancelled;
        });

        var exchange = await StreamAsync(AskForStream("Hello"), script);

        Assert.Equal(200, exchange.Status);
        Assert.True(exchange.IsComplete, "The connection broke.");
        Recorded.AssertHolds(exchange.Text, "the stream's bytes");
        var events = Read(exchange);
        var text = string.Concat(events.SelectMany(Deltas).Select(text => (string?)text));
        Recorded.AssertHolds(text, "the text");
        Assert.StartsWith(text, Before, StringComparison.Ordinal);
        AssertEnd(events, exchange);
        await (await script.Called).Cancelled.WaitAsync(Eventually.Patience);
        await Gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    private protected Task<Exchange> StreamAsync(JsonObject request, StubScript script) => SendAsync(StreamPath, ChatTranscripts.Bytes(request), script);

    private protected IReadOnlyList<JsonNode> Read(Exchange exchange) => Read(exchange.Body);

    private IReadOnlyList<JsonNode> Read(byte[] bytes) => StreamTranscript.EndsWith(".sse", StringComparison.Ordinal)
        ? [.. new ReceivedEvents(bytes).Events.Where(item => item.Data != "[DONE]").Select(item => JsonNode.Parse(item.Data)!)]
        : Bodies(bytes);
}
