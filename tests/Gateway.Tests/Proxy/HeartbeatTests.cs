using System.Threading.Channels;
using Gateway.Proxy;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>While text is held and nothing comes, a client of events hears a comment in good time; the clock is the test's.</summary>
public sealed class HeartbeatTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private const string Comment = ": waiting\n\n";

    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task HeldText_AndSilence_BeatEveryFifteenSeconds()
    {
        var upstream = new SteppedStream();
        using var run = new GuardedRun(fixture.With(_clock), upstream);
        upstream.Send(GuardedRun.Event("kestrel"));
        for (var beat = 0; beat < 3; beat++)
        {
            var next = run.NextAsync();
            _clock.Advance(TimeSpan.FromSeconds(14));
            Assert.False(next.IsCompleted, "The comment came early.");
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(Comment, await next.WaitAsync(Eventually.Patience));
        }

        var rest = run.NextAsync();
        upstream.Send([.. GuardedRun.Event(" bank"), .. GuardedRun.End(), .. GuardedRun.Done]);
        Assert.Equal(System.Text.Encoding.UTF8.GetString([.. GuardedRun.Event("kestrel"), .. GuardedRun.Event(" bank"), .. GuardedRun.End(), .. GuardedRun.Done]), await rest.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task NothingHeld_AndSilence_SendsNothing()
    {
        var upstream = new SteppedStream();
        using var run = new GuardedRun(fixture.With(_clock), upstream);
        upstream.Send(GuardedRun.Event("All is well."));
        Assert.Contains("All is well.", await run.NextAsync(), StringComparison.Ordinal);
        var next = run.NextAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(next.IsCompleted);
        upstream.Send([.. GuardedRun.End(), .. GuardedRun.Done]);
        Assert.Contains("[DONE]", await next.WaitAsync(Eventually.Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_KnowNoComments()
    {
        var upstream = new SteppedStream();
        using var run = new GuardedRun(fixture.With(_clock), upstream, "/api/chat", ".ndjson");
        upstream.Send("{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"kestrel\"},\"done\":false}\n"u8.ToArray());
        var next = run.NextAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(next.IsCompleted);
        upstream.Send("{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\" bank\"},\"done\":true}\n"u8.ToArray());
        Assert.Contains(" bank", await next.WaitAsync(Eventually.Patience), StringComparison.Ordinal);
    }

    /// <summary>Bytes that come when the test sends them.</summary>
    private sealed class SteppedStream : ForwardStream
    {
        private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

        public void Send(byte[] bytes) => Assert.True(_pieces.Writer.TryWrite(bytes));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var piece = await _pieces.Reader.ReadAsync(cancellationToken);
            piece.CopyTo(buffer);
            return piece.Length;
        }
    }
}
