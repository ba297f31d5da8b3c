using System.Text;
using Gateway.Configuration;
using Gateway.Protocols;
using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

/// <summary>A stream through a guard, without a server.</summary>
internal sealed class GuardedRun : IDisposable
{
    public const string Chat = "/v1/chat/completions";

    private static readonly ProtocolRegistry Registry = ProtocolRegistry.Discover();

    private readonly StreamGuard _guard;

    /// <summary>Starts one.</summary>
    /// <param name="services">What the guard needs.</param>
    /// <param name="upstream">What the model server sends.</param>
    /// <param name="path">The operation that is answered.</param>
    /// <param name="extension">How the answer is framed, by the extension of its transcript.</param>
    /// <param name="epoch">The configuration; the terms of the tests where none is named.</param>
    public GuardedRun(GuardServices services, Stream upstream, string path = Chat, string extension = ".sse", Epoch? epoch = null)
    {
        epoch ??= TestEpoch.Terms;
        var claim = Registry.Claim("POST", path)!.Value;
        Exchange = new Exchange(TimeProvider.System, epoch, epoch.Policies["default"], claim.Protocol, claim.Operation) { IsGuarded = true, IsStream = true };
        _guard = new StreamGuard(Exchange, upstream, extension switch { ".sse" => new SseFraming(), _ => new JsonFraming(isArray: extension == ".array") }, services);
    }

    public Exchange Exchange { get; }

    /// <summary>One event of text.</summary>
    public static byte[] Event(string text, int choice = 0) => Encoding.UTF8.GetBytes($$$"""data: {"id":"c","choices":[{"index":{{{choice}}},"delta":{"content":"{{{text}}}"}}]}""" + "\n\n");

    /// <summary>The end of a whole answer.</summary>
    public static byte[] End(int choice = 0) => Encoding.UTF8.GetBytes($$$"""data: {"id":"c","choices":[{"index":{{{choice}}},"delta":{},"finish_reason":"stop"}]}""" + "\n\n");

    public static byte[] Done => "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Everything that leaves of a chat stream.</summary>
    public static async Task<string> ReadAsync(GuardServices services, params IReadOnlyList<byte[]> pieces)
    {
        using var run = new GuardedRun(services, new PiecewiseStream(pieces));
        return await run.RestAsync();
    }

    /// <summary>Everything that leaves from now on.</summary>
    public async Task<string> RestAsync()
    {
        var output = new StringBuilder();
        while (await NextAsync() is { Length: > 0 } block) output.Append(block);
        return output.ToString();
    }

    /// <summary>What leaves next.</summary>
    public async Task<string> NextAsync() => Encoding.UTF8.GetString((await NextBytesAsync()).Span);

    public ValueTask<ReadOnlyMemory<byte>> NextBytesAsync() => _guard.NextAsync(CancellationToken.None);

    public void Dispose() => _guard.Dispose();
}
