using Gateway.Proxy;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>What an event of allowed traffic costs in memory, the starter lexicon in force: the baseline that README.md documents.</summary>
public sealed class StreamAllocationTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    /// <summary>Bytes an event beside what the text itself takes: the guard keeps it for the record, two bytes a character and less than as much again to grow.</summary>
    private const int Baseline = 64;

    private const int BytesPerCharacter = 8;
    private const int Warm = 30_000; // code that runs often is compiled anew meanwhile, and boxes less
    private const int Measured = 2000;

    private static readonly string[] Words = "The harbour wakes before the town does and the first boats leave while the lamps still burn along the quiet wall".Split(' ');

    [Theory]
    [InlineData("openai-chat.sse", "/v1/chat/completions")]
    [InlineData("openai-completions.sse", "/v1/completions")]
    [InlineData("openai-responses.sse", "/v1/responses")]
    [InlineData("anthropic.sse", "/v1/messages")]
    [InlineData("ollama-chat.ndjson", "/api/chat")]
    [InlineData("gemini.sse", "/v1beta/models/m:streamGenerateContent")]
    public async Task AllowedEvent_OfText_AllocatesNoMoreThanTheBaseline(string file, string path)
    {
        var transcript = Transcript.Load(file);
        var pieces = Enumerable.Range(0, Warm + Measured + 1).Select(index => Words[index % Words.Length] + " ").ToArray();
        var events = transcript.Beginning(pieces);
        var lead = events.Count - pieces.Length;
        var upstream = new MeasuredStream(events, lead + Warm, lead + Warm + Measured);
        using var run = new GuardedRun(fixture.Services, upstream, path, transcript.Extension, TestEpoch.Starter);

        long released = 0;
        while (upstream.Allocated < 0) released += (await run.NextBytesAsync()).Length;

        Assert.True(released > 0);
        var characters = pieces.Skip(Warm).Take(Measured).Sum(piece => piece.Length);
        var each = (upstream.Allocated - characters * BytesPerCharacter) / Measured;
        Assert.True(each <= Baseline, $"An event of {file} allocates {upstream.Allocated / Measured} bytes, {each} beside its text; the baseline is {Baseline}.");
    }

    /// <summary>An event a read, always there at once, so that one thread does everything and its allocations can be told.</summary>
    private sealed class MeasuredStream(IReadOnlyList<byte[]> events, int from, int to) : ForwardStream
    {
        private int _next;
        private long _before;

        public long Allocated { get; private set; } = -1;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_next == from) _before = GC.GetAllocatedBytesForCurrentThread();
            if (_next == to) Allocated = GC.GetAllocatedBytesForCurrentThread() - _before;
            if (_next == events.Count) return ValueTask.FromResult(0);
            var bytes = events[_next++];
            bytes.CopyTo(buffer);
            return ValueTask.FromResult(bytes.Length);
        }
    }
}
