using System.Text;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Proxy;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>A chat stream through a guard, without a server.</summary>
internal sealed class GuardedRun(GuardServices services, Stream upstream, StreamFraming? framing = null) : IDisposable
{
    private static readonly ProtocolRegistry Registry = ProtocolRegistry.Discover();
    private static readonly Epoch Epoch = Compile();

    private readonly StreamGuard _guard = Start(services, upstream, framing ?? new SseFraming(), out _);

    /// <summary>One event of text.</summary>
    public static byte[] Event(string text, int choice = 0) => Encoding.UTF8.GetBytes($$$"""data: {"id":"c","choices":[{"index":{{{choice}}},"delta":{"content":"{{{text}}}"}}]}""" + "\n\n");

    /// <summary>The end of a whole answer.</summary>
    public static byte[] End(int choice = 0) => Encoding.UTF8.GetBytes($$$"""data: {"id":"c","choices":[{"index":{{{choice}}},"delta":{},"finish_reason":"stop"}]}""" + "\n\n");

    public static byte[] Done => "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Everything that leaves.</summary>
    public static async Task<string> ReadAsync(GuardServices services, params IReadOnlyList<byte[]> pieces)
    {
        using var run = new GuardedRun(services, new PiecewiseStream(pieces));
        var output = new StringBuilder();
        while (await run.NextAsync() is { Length: > 0 } block) output.Append(block);
        return output.ToString();
    }

    /// <summary>What leaves next.</summary>
    public async Task<string> NextAsync() => Encoding.UTF8.GetString((await _guard.NextAsync(CancellationToken.None)).Span);

    public void Dispose() => _guard.Dispose();

    private static StreamGuard Start(GuardServices services, Stream upstream, StreamFraming framing, out Exchange exchange)
    {
        var claim = Registry.Claim("POST", framing is SseFraming ? "/v1/chat/completions" : "/api/chat")!.Value;
        exchange = new Exchange(TimeProvider.System, Epoch, Epoch.Policies["default"], claim.Protocol, claim.Operation) { IsGuarded = true, IsStream = true };
        return new StreamGuard(exchange, upstream, framing, services);
    }

    private static Epoch Compile()
    {
        var lexicon = LexiconLoader.Parse([new LexiconFile("test.tsv", Encoding.UTF8.GetBytes(TestLexicon.Lines))]);
        var policy = new Policy { Name = "default", RiskLabel = false, ContentLabel = false, OnAuditFault = FaultAction.Allow };
        return new Epoch
        {
            Id = "e",
            Inspector = new Inspector([new KeywordDetector(lexicon), PersonalDataDetector.For([policy])]),
            Book = PolicyBook.Of(policy),
            Lexicon = lexicon,
            ModelVersion = "m",
            FolderVersion = "f",
        };
    }
}
