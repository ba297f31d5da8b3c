using System.Text;
using Gateway.Configuration;

namespace Gateway.Tests.Proxy;

/// <summary>Each limit of a stream at the limit and one past it: beyond, the stream ends with an error and nothing unjudged has left.</summary>
public sealed class StreamLimitTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private const string Unavailable = "inspection_unavailable";

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public async Task Channels_AreLimited(int channels, bool passes)
    {
        byte[][] pieces = [.. Enumerable.Range(0, channels).Select(choice => GuardedRun.Event("fine ", choice)), .. Enumerable.Range(0, channels).Select(GuardedRun.End), GuardedRun.Done];
        var output = await GuardedRun.ReadAsync(fixture.Services, pieces);
        if (passes) Assert.Equal(Joined(pieces), output);
        else AssertBrokenOff(output);
    }

    [Theory]
    [InlineData(16 * 1024, true)]
    [InlineData((16 * 1024) + 1, false)]
    public async Task Case_61_HeldCharacters_AreLimited(int held, bool passes)
    {
        // The beginning of a term, stretched by characters that nobody sees.
        var stretched = "kes" + new string('\u200B', held - 3);
        byte[][] pieces = [GuardedRun.Event("All is well: "), GuardedRun.Event(stretched), GuardedRun.Event(". And on."), GuardedRun.End(), GuardedRun.Done];
        var output = await GuardedRun.ReadAsync(fixture.Services, pieces);
        if (passes)
        {
            Assert.Equal(Joined(pieces), output);
            return;
        }

        AssertBrokenOff(output);
        Assert.DoesNotContain("kes", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Case_60_EventBytes_AreLimited(int past, bool passes)
    {
        const int Limit = 4096;
        var services = fixture.With(limits: new LimitsOptions { EventBytes = Limit });
        var filler = Limit - GuardedRun.Event("").Length + past;
        byte[][] pieces = [GuardedRun.Event("fine "), GuardedRun.Event(new string('x', filler)), GuardedRun.End(), GuardedRun.Done];
        var output = await GuardedRun.ReadAsync(services, pieces);
        if (passes) Assert.Equal(Joined(pieces), output);
        else AssertBrokenOff(output);
    }

    [Fact]
    public async Task Case_60_EventWithoutEnd_IsGivenUpAtTheLimit()
    {
        const int Limit = 64 * 1024;
        var services = fixture.With(limits: new LimitsOptions { EventBytes = Limit });
        var endless = new EndlessStream();
        using var run = new GuardedRun(services, endless);
        var output = await run.NextAsync();
        AssertBrokenOff(output);
        Assert.InRange(endless.Taken, Limit, 4 * Limit);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public async Task ResponseBytes_AreLimited(int more, bool passes)
    {
        byte[][] pieces = [GuardedRun.Event("fine "), GuardedRun.Event("and well "), GuardedRun.End(), GuardedRun.Done];
        var services = fixture.With(limits: new LimitsOptions { ResponseBytes = pieces.Sum(piece => piece.Length) + more });
        var output = await GuardedRun.ReadAsync(services, pieces);
        if (passes) Assert.Equal(Joined(pieces), output);
        else AssertBrokenOff(output);
    }

    private static string Joined(byte[][] pieces) => string.Concat(pieces.Select(Encoding.UTF8.GetString));

    private static void AssertBrokenOff(string output)
    {
        Assert.Contains(Unavailable, output, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", output, StringComparison.Ordinal);
    }

    /// <summary>One event that never ends.</summary>
    private sealed class EndlessStream : Gateway.Proxy.ForwardStream
    {
        public long Taken { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            Taken += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
