using System.IO.Compression;
using System.Text;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Each limit at the limit and one past it.</summary>
// Metrics are the process's: they count this gateway alone only while no other runs.
[Collection(OneAtATime.Name)]
public sealed class LimitTests(LimitedGateway gateway) : IClassFixture<LimitedGateway>
{
    [Theory]
    [InlineData(LimitedGateway.RequestBytes, 200)]
    [InlineData(LimitedGateway.RequestBytes + 1, 413)]
    [InlineData(LimitedGateway.RequestBytes * 100, 413)]
    public async Task RequestBytes_AreLimited(int bytes, int status)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var body = OfLength(bytes);

        var whole = await gateway.ChatAsync(body, script);
        var chunked = await gateway.ChatAsync(body, script, request => request.Headers.TransferEncodingChunked = true);

        foreach (var exchange in new[] { whole, chunked })
        {
            Assert.Equal(status, exchange.Status);
            if (status == 200) continue;
            Refusals.AssertError(exchange, "invalid_request_error");
            await gateway.RecordAsync(exchange, Outcomes.Refused);
        }

        Assert.Equal(status == 200 ? 2 : 0, script.Requests.Count);
    }

    [Fact]
    public async Task RequestBytes_AreCountedAfterUnpacking()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(OfLength(LimitedGateway.RequestBytes + 1));
        Assert.True(packed.Length < LimitedGateway.RequestBytes);

        var exchange = await gateway.ChatAsync(packed.ToArray(), script, request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.True(exchange.Status is 413 or 415, $"Status {exchange.Status}");
        Assert.Empty(script.Requests);
    }

    [Theory]
    [InlineData(LimitedGateway.JsonDepth, 200)]
    [InlineData(LimitedGateway.JsonDepth + 1, 400)]
    [InlineData(1_000, 400)]
    public async Task JsonDepth_IsLimited(int depth, int status)
    {
        // The request itself is the first level.
        var nested = string.Concat(Enumerable.Repeat("[", depth - 1)) + string.Concat(Enumerable.Repeat("]", depth - 1));
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":"Hello"}],"x":{{nested}}}""");
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var exchange = await gateway.ChatAsync(body, script);

        Assert.Equal(status, exchange.Status);
        if (status != 200) await gateway.RecordAsync(exchange, Outcomes.Refused);
        Assert.Equal(status == 200 ? 1 : 0, script.Requests.Count);
    }

    [Theory]
    [InlineData(LimitedGateway.TextFields, 200)]
    [InlineData(LimitedGateway.TextFields + 1, 400)]
    public async Task TextFields_AreLimited(int turns, int status)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request(Enumerable.Range(0, turns).Select(_ => ChatTranscripts.Turn("user", "Hi"))), script);

        Assert.True(exchange.Status == status || (status == 400 && exchange.Status == 413), $"Status {exchange.Status}");
        if (status != 200) await gateway.RecordAsync(exchange, Outcomes.Refused);
    }

    [Theory]
    [InlineData(LimitedGateway.ResponseBytes, 200)]
    [InlineData(LimitedGateway.ResponseBytes + 1, 502)]
    public async Task ResponseBytes_OfAWholeAnswer_AreLimited(int bytes, int status)
    {
        var answer = ChatTranscripts.Answer(new string('x', bytes - ChatTranscripts.Answer("").Length));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(answer));

        Assert.Equal(status, exchange.Status);
        if (status == 200) Assert.Equal(answer, exchange.Body);
        await gateway.RecordAsync(exchange, status == 200 ? Outcomes.Completed : Outcomes.Failed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResponseBytes_OverTheLimit_AreNotReleasedUnjudged(bool stream)
    {
        var text = string.Concat(Enumerable.Repeat("All of this is harmless. ", 2_000)) + TestLexicon.Block;
        var script = stream
            ? gateway.Stub.Stream(new ChatEvents().Role().Text(text).Finish().Done())
            : gateway.Stub.Json(ChatTranscripts.Answer(text));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream), script);

        Recorded.AssertHolds(exchange.Text, "the answer");
        Assert.True(exchange.Body.Length <= 2 * LimitedGateway.ResponseBytes, $"{exchange.Body.Length} bytes were released.");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
        await Recorded.NoLeakAsync(gateway.Host, exchange);
    }

    [Fact]
    public async Task Exchanges_BeyondTheLimit_AreTurnedAwayAndOnlyCounted()
    {
        var gate = new TaskCompletionSource();
        var script = gateway.Stub.Script(async call =>
        {
            await gate.Task.WaitAsync(Eventually.Patience);
            await call.AnswerAsync(ChatTranscripts.Answer("Fine."));
        });
        var before = await gateway.Host.MetricsAsync();
        var records = gateway.Host.Audit.Read().Count;
        var running = Enumerable.Range(0, LimitedGateway.Concurrency).Select(_ => gateway.ChatAsync(ChatTranscripts.Request("Hello"), script)).ToList();
        await Eventually.TrueAsync(() => script.Requests.Count == LimitedGateway.Concurrency, "all permitted exchanges are running");

        var refused = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);
        var health = await gateway.SendAsync(HttpMethod.Get, "/readyz");
        gate.SetResult();
        var finished = await Task.WhenAll(running);
        var after = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer("Fine.")));

        Assert.Equal(429, refused.Status);
        Refusals.AssertError(refused);
        Assert.Equal(200, health.Status);
        Assert.All(finished, exchange => Assert.Equal(200, exchange.Status));
        Assert.Equal(200, after.Status);
        Assert.Equal(records + LimitedGateway.Concurrency + 1, gateway.Host.Audit.Read().Count);
        var metrics = await gateway.Host.MetricsAsync();
        Assert.Equal(before.Sum("gateway_rejected_total") + 1, metrics.Sum("gateway_rejected_total"));
    }

    private static byte[] OfLength(int bytes)
    {
        var empty = ChatTranscripts.Request("").Length;
        return ChatTranscripts.Request(new string('x', bytes - empty));
    }
}
