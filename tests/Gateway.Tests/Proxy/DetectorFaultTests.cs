using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

/// <summary>A detector that fails at its Nth call, for every N: under Block nothing that it has not judged may leave.</summary>
public sealed class DetectorFaultTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private static readonly string[] Pieces = ["One. ", "Two two. ", "Three, ", "and four. ", "Five"];

    private static readonly OpenAIChatProtocol Chat = new();

    private readonly GuardServices _services = fixture.Services;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Case_68_Stream_DetectorFailsAtAnyCall_EndsWithoutUnjudgedTextOrTerminator(bool isImmediate)
    {
        var calls = await CountCallsAsync(isImmediate);
        Assert.InRange(calls, 2, 100);
        for (var failing = 1; failing <= calls; failing++)
        {
            var detector = new FailingDetector(failing, isImmediate);
            var (text, exchange) = await ReadAsync(detector, FaultAction.Block);

            Assert.True(Spoken(text).Length <= detector.VouchedFor, $"call {failing}: released {Spoken(text).Length}, judged {detector.VouchedFor}");
            Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
            Assert.Contains("inspection_unavailable", text, StringComparison.Ordinal);
            Assert.Equal("failed", exchange.Outcome);
            Assert.NotNull(exchange.Response.Fault);
        }
    }

    [Fact]
    public async Task Stream_DetectorFailsAndPolicyAllows_FlowsAndIsRecordedAsUnjudged()
    {
        var (text, exchange) = await ReadAsync(new FailingDetector(1, isImmediate: false), FaultAction.Allow);

        Assert.Equal(string.Concat(Pieces), Spoken(text));
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Contains(exchange.Response.Unjudged, part => part.Reason == "fault");
        Assert.Equal("completed", exchange.Outcome);
    }

    [Theory]
    [InlineData(FaultAction.Block, GuardAction.Block)]
    [InlineData(FaultAction.Allow, GuardAction.Allow)]
    public async Task Case_68_Body_DetectorFails_PolicyDecidesAndItIsNeverClean(FaultAction onFault, GuardAction expected)
    {
        foreach (var isImmediate in new[] { true, false })
        {
            var exchange = NewExchange(new FailingDetector(1, isImmediate), onFault);
            var json = """{"messages":[{"role":"user","content":"hello"}]}"""u8.ToArray();
            var scanned = JsonTextScanner.Scan(json, exchange.Operation.Request!, 64, 100, new ScannedJson());

            await _services.JudgeAsync(scanned, json, TextSide.Prompt, exchange, exchange.Request, CancellationToken.None);

            Assert.Equal(expected, exchange.Request.Action);
            Assert.Contains(exchange.Request.Unjudged, part => part.Reason == "fault");
        }
    }

    private async Task<int> CountCallsAsync(bool isImmediate)
    {
        var detector = new FailingDetector(int.MaxValue, isImmediate);
        var (text, _) = await ReadAsync(detector, FaultAction.Block);
        Assert.Equal(string.Concat(Pieces), Spoken(text));
        return detector.Calls;
    }

    private async Task<(string Text, Exchange Exchange)> ReadAsync(FailingDetector detector, FaultAction onFault)
    {
        var exchange = NewExchange(detector, onFault);
        var events = new StringBuilder();
        foreach (var piece in Pieces) events.Append($$$"""data: {"id":"c","choices":[{"index":0,"delta":{"content":"{{{piece}}}"},"finish_reason":null}]}""").Append("\n\n");
        events.Append("""data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""").Append("\n\ndata: [DONE]\n\n");
        using var guard = new StreamGuard(exchange, new MemoryStream(Encoding.UTF8.GetBytes(events.ToString())), new SseFraming(), _services);
        var output = new StringBuilder();
        while (true)
        {
            var block = await guard.NextAsync(CancellationToken.None);
            if (block.IsEmpty) return (output.ToString(), exchange);
            output.Append(Encoding.UTF8.GetString(block.Span));
        }
    }

    private static Exchange NewExchange(FailingDetector detector, FaultAction onFault)
    {
        var policy = new Policy { Name = "default", OnFault = onFault };
        var epoch = TestEpoch.Of(policy, Inspection.Lexicons.Lexicon.Empty, detector);
        return new Exchange(TimeProvider.System, epoch, policy, Chat, Chat.Operations[0]) { IsGuarded = true, IsStream = true };
    }

    private static string Spoken(string events)
    {
        var spoken = new StringBuilder();
        foreach (var line in events.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            using var data = System.Text.Json.JsonDocument.Parse(line[6..]);
            if (!data.RootElement.TryGetProperty("choices", out var choices)) continue;
            if (choices[0].GetProperty("delta").TryGetProperty("content", out var content)) spoken.Append(content.GetString());
        }

        return spoken.ToString();
    }

    /// <summary>Vouches for everything it is shown until it fails, and for nothing from then on.</summary>
    private sealed class FailingDetector(int failing, bool isImmediate) : IDetector
    {
        private int _seen;

        public string Name => "failing";

        public bool IsImmediate => isImmediate;

        public int Context => 0;

        public int Calls { get; private set; }

        public int VouchedFor { get; private set; }

        public ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
        {
            if (++Calls >= failing) throw new TimeoutException("The detector is away.");
            _seen = window.Fresh == 0 && window.IsFinal && Calls > 1 ? Math.Max(_seen, window.Text.Length) : _seen + window.Text.Length - window.Fresh;
            VouchedFor = Math.Max(VouchedFor, _seen);
            return ValueTask.FromResult(0);
        }
    }
}
