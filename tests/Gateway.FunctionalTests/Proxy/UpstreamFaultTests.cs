using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Model servers that die, refuse or are not there, and clients that leave.</summary>
public sealed class UpstreamFaultTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("Good morning. ", "Good morning. ")]
    [InlineData("Good morning, kestrel", "Good morning, kestrel")]
    [InlineData("赤霞禁", "赤霞禁")]
    public async Task Upstream_DyingInMidStream_ReleasesWhatWasHeldThenAnError(string text, string released)
    {
        var script = DyingAfter(new ChatEvents().Role().Texts(text.EnumerateRunes().Select(rune => rune.ToString())));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Assert.Equal(200, exchange.Status);
        Assert.True(exchange.IsComplete, "The connection broke instead of ending with an error event.");
        Assert.Equal(released, exchange.Events.Text());
        Assert.Equal("upstream_error", exchange.Events.ErrorCode);
        Assert.False(exchange.Events.IsDone, exchange.Text);
        Assert.DoesNotContain("[DONE]", exchange.Text, StringComparison.Ordinal);
        var record = await gateway.RecordAsync(exchange, Outcomes.UpstreamError, Actions.Allow, Actions.Allow);
        Assert.Equal(released.Length, record.DeliveredChars);
    }

    [Fact]
    public async Task Case_64_Upstream_DyingWithAHeldTerm_DoesNotReleaseIt()
    {
        // Held because the allow-list term may still follow; judged when nothing can follow any more.
        var script = DyingAfter(new ChatEvents().Role().Text("It is ").Text("kestrelbane"));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Recorded.AssertHolds(exchange.Text, "the stream");
        Assert.StartsWith(exchange.Events.Text(), "It is ", StringComparison.Ordinal);
        Assert.True(exchange.Events.FinishReasons.Values.Contains("content_filter") || exchange.Events.ErrorCode is not null, exchange.Text);
        var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
        Assert.Equal(Actions.Block, record.ResponseAction);
        await Recorded.NoLeakAsync(gateway.Host, exchange);
    }

    [Fact]
    public async Task Upstream_DyingInTheMiddleOfAnEvent_DoesNotReleaseTheRest()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. "));
            await call.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"kestrelbane\"");
            await call.AbortAsync();
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Recorded.AssertHolds(exchange.Text, "the stream");
        Assert.True(exchange.IsComplete);
        Assert.False(exchange.Events.IsDone);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Upstream_DyingInABufferedAnswer_GivesAnErrorAndNoPartOfIt()
    {
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.ContentType = "application/json";
            call.Response.ContentLength = 5_000;
            await call.WriteAsync("""{"choices":[{"index":0,"message":{"role":"assistant","content":"Half an answer""");
            await call.AbortAsync();
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        Assert.Equal(502, exchange.Status);
        Refusals.AssertError(exchange, code: "upstream_error");
        Assert.DoesNotContain("Half an answer", exchange.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.UpstreamError, Actions.Allow);
    }

    [Fact]
    public async Task Upstream_AbortingBeforeHeaders_Gives502()
    {
        var script = gateway.Stub.Script(call =>
        {
            return call.AbortAsync();
        });

        foreach (var stream in new[] { false, true })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream), script);

            Assert.Equal(502, exchange.Status);
            Refusals.AssertError(exchange, "upstream_error");
            await gateway.RecordAsync(exchange, Outcomes.UpstreamError, Actions.Allow);
        }

        // A broken connection may have reached the model: asking again could pay twice.
        Assert.Equal(2, script.Requests.Count);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(401)]
    [InlineData(404)]
    public async Task Upstream_AnsweringWithAnError_KeepsItsStatusAndBody(int status)
    {
        const string Error = """{"error":{"message":"Model overloaded","type":"server_error","param":null,"code":null}}""";

        foreach (var stream in new[] { false, true })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream), gateway.Stub.Json(Encoding.UTF8.GetBytes(Error), status));

            Assert.Equal(status, exchange.Status);
            Assert.Equal(Error, exchange.Text);
            var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
            Assert.Equal(status, record.Status);
        }
    }

    [Fact]
    public async Task Client_LeavingInMidStream_StopsTheModelServer()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning to you. "));
            await call.Cancelled;
        });
        string id;
        using (var client = gateway.Host.NewClient())
        using (var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id))
        using (var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            id = Exchange.HeadersOf(response)["gateway-request-id"];
            await using var body = await response.Content.ReadAsStreamAsync();
            var received = new StringBuilder();
            var buffer = new byte[4096];
            while (!received.ToString().Contains("morning", StringComparison.Ordinal))
            {
                var count = await body.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
                Assert.NotEqual(0, count);
                received.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }

        await (await script.Called).Cancelled.WaitAsync(Eventually.Patience);
        var record = await Eventually.SomeAsync(() => gateway.Host.Audit.Find(id).SingleOrDefault(found => found.Outcome != Outcomes.Open), "the record is closed");
        Assert.Equal(Outcomes.ClientGone, record.Outcome);
        Assert.InRange(record.DeliveredChars ?? -1, "Good morning".Length, "Good morning to you. ".Length);
    }

    [Fact]
    public async Task Client_LeavingBeforeTheAnswer_StopsTheModelServer()
    {
        var script = gateway.Stub.Never();
        using (var client = gateway.Host.NewClient())
        using (var leaving = new CancellationTokenSource())
        using (var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), script.Id))
        {
            var sending = client.SendAsync(request, leaving.Token);
            await script.Called;
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }

        await (await script.Called).Cancelled.WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(() => gateway.Host.Audit.Read().Any(record => record.Outcome == Outcomes.ClientGone && record.DeliveredChars is null or 0), "the record is closed");
    }

    [Fact]
    public async Task Upstream_Unreachable_Gives502InJson()
    {
        await using var lonely = await GatewayTestHost.StartAsync(new GatewaySetup());
        foreach (var stream in new[] { false, true })
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream), null);
            using var response = await lonely.Client.SendAsync(request);
            var exchange = await Exchange.ReadAsync(response);

            Assert.Equal(502, exchange.Status);
            Refusals.AssertError(exchange, "upstream_error");
            await Recorded.CheckAsync(lonely, exchange, Outcomes.UpstreamError, Actions.Allow);
        }
    }

    [Fact]
    public async Task Case_65_Stream_ReadSlowly_IsUnchangedAndHoldsUpNobody()
    {
        // Back-pressure: the client reads nothing while megabytes arrive; then everything is there, unchanged.
        var events = new ChatEvents().Role();
        for (var line = 0; line < 20_000; line++) events.Text("Nothing of this is harmful at all, it is only long. ");
        events.Finish().Done();
        var script = gateway.Stub.Stream(events);
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await gateway.Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var other = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.Of("Fine.")));

        var exchange = await Exchange.ReadAsync(response);

        Assert.True(other.Events.IsDone);
        Assert.True(events.Bytes.AsSpan().SequenceEqual(exchange.Body), "A slowly read stream changed.");
    }

    private StubScript DyingAfter(ChatEvents events) => gateway.Stub.Script(async call =>
    {
        await call.StartStreamAsync();
        await call.WriteAsync(events);
        await call.AbortAsync();
    });
}
