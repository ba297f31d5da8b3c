using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>What every protocol must do with an answer that is streamed.</summary>
public abstract class StreamConformance(PlainGateway gateway, ModeGateways modes) : ProtocolConformance(gateway), IClassFixture<ModeGateways>
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
    public async Task Case_53_Stream_WithTheTermInOneDelta_IsCut()
    {
        foreach (var term in TestLexicon.BlockTerms) await AssertCutAsync([Before, term, " and more"]);
    }

    [Fact]
    public async Task Case_54_Stream_WithOneCharacterADelta_IsCut()
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

    [Theory]
    [InlineData("Hold")]
    [InlineData("Tail")]
    [InlineData("Follow")]
    public async Task Stream_AllowedInEveryMode_IsTheSameBytes(string mode)
    {
        var transcript = Transcript.Load(StreamTranscript);
        var bytes = transcript.Bytes([.. Enumerable.Range(0, 40).Select(line => $"Line {line} is calm 早. "), "And", " no more"]);

        foreach (var pieces in new[] { [bytes], Chunked.BySeed(bytes, 3) })
        {
            var exchange = await modes.SendAsync(mode, StreamPath, ChatTranscripts.Bytes(AskForStream("Hello")), modes.Stub.Cut(pieces, transcript.ContentType));

            Assert.Equal(Encoding.UTF8.GetString(bytes), exchange.Text);
            await Recorded.CheckAsync(modes[mode], exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        }
    }

    [Fact]
    public async Task Stream_HoldAndTheClassifierObjects_ReleasesNothingOfTheSentence()
    {
        var exchange = await CutByClassifierAsync("Hold", ["All is well. ", "Then there is ", ModeGateways.Risky, " for all. ", "More follows"], isEndless: true);
        var text = string.Concat(Read(exchange).SelectMany(Deltas).Select(text => (string?)text));
        Assert.StartsWith(text, "All is well. Then there is ", StringComparison.Ordinal);
        Assert.DoesNotContain("gannet", exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_TailAndTheClassifierObjects_WithholdsTheEnd()
    {
        var pieces = Enumerable.Range(0, 30).Select(line => $"Line {line} is calm. ").Append($"Then {ModeGateways.Risky}").ToArray();
        var exchange = await CutByClassifierAsync("Tail", pieces, isEndless: false);
        var text = string.Concat(Read(exchange).SelectMany(Deltas).Select(text => (string?)text));
        var whole = string.Concat(pieces);
        Assert.StartsWith(text, whole, StringComparison.Ordinal);
        Assert.True(text.Length <= whole.Length - 200, $"{text.Length} of {whole.Length} characters were released.");
        Assert.DoesNotContain("gannet", exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_62_FollowAndALateVerdict_EndsInTheProtocolsShape()
    {
        var exchange = await CutByClassifierAsync("Follow", ["All is well. ", "Then there is ", ModeGateways.Risky, " for all. ", "More. ", "And more."], isEndless: true);
        var text = string.Concat(Read(exchange).SelectMany(Deltas).Select(text => (string?)text));
        Assert.StartsWith("All is well. Then there is gannet pie", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_63_ClientLeaving_StopsTheModelServerAndIsRecordedWithWhatItGot()
    {
        const string Seen = "One two. three four. ";
        var transcript = Transcript.Load(StreamTranscript);
        var script = Gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in transcript.Beginning("One two. ", "three four. ", "five")) await call.WriteAsync(frame);
            await call.Cancelled;
        });
        string? id;
        using (var client = Gateway.Host.NewClient())
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, StreamPath, ChatTranscripts.Bytes(AskForStream("Hello")), script.Id);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            id = Exchange.HeadersOf(response).GetValueOrDefault("gateway-request-id");
            await using var body = await response.Content.ReadAsStreamAsync();
            using var received = new MemoryStream();
            var buffer = new byte[4096];
            while (!Encoding.UTF8.GetString(received.ToArray()).Contains("three four. ", StringComparison.Ordinal))
            {
                var count = await body.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
                Assert.NotEqual(0, count);
                received.Write(buffer, 0, count);
            }
        }

        await (await script.Called).Cancelled.WaitAsync(Eventually.Patience);
        var record = await Eventually.SomeAsync(() => Gateway.Host.Audit.Find(id!).SingleOrDefault(found => found.Outcome == Outcomes.ClientGone), $"a closed record of {id}");
        Assert.InRange(record.DeliveredChars!.Value, Seen.Length, (Seen + "five").Length);
        Assert.Equal(Actions.Allow, record.ResponseAction);
    }

    private async Task<Exchange> CutByClassifierAsync(string mode, string[] pieces, bool isEndless)
    {
        var transcript = Transcript.Load(StreamTranscript);
        var script = modes.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in isEndless ? transcript.Beginning(pieces) : transcript.Frames(pieces)) await call.DeliverAsync(frame);
            if (isEndless) await call.Cancelled;
        });

        var exchange = await modes.SendAsync(mode, StreamPath, ChatTranscripts.Bytes(AskForStream("Hello")), script);

        Assert.Equal(200, exchange.Status);
        Assert.True(exchange.IsComplete, "The connection broke.");
        AssertEnd(Read(exchange), exchange);
        var record = await Recorded.CheckAsync(modes[mode], exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        Assert.Equal(Read(exchange).SelectMany(Deltas).Sum(text => ((string?)text)?.Length ?? 0), record.DeliveredChars);
        return exchange;
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
