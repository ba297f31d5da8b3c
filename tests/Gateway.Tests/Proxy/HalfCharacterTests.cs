using System.Text;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>
/// Servers that cut text by UTF-16 units send half a character in one event and the other half in the next, each as an escape of its own.
/// HIGH and LOW stand for the halves of 😀, HAN and REST for those of 𠮷, with which a block term begins.
/// </summary>
public sealed class HalfCharacterTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private static readonly (string Name, string Escape)[] Halves = [("HIGH", "\\ud83d"), ("LOW", "\\uDE00"), ("HAN", "\\uD842"), ("REST", "\\udfb7")];

    public static TheoryData<string, string> Streams => new()
    {
        { "openai-chat.sse", "/v1/chat/completions" },
        { "openai-completions.sse", "/v1/completions" },
        { "openai-responses.sse", "/v1/responses" },
        { "openai-audio.sse", "/v1/audio/transcriptions" },
        { "anthropic.sse", "/v1/messages" },
        { "ollama-chat.ndjson", "/api/chat" },
        { "ollama-generate.ndjson", "/api/generate" },
        { "gemini.sse", "/v1beta/models/m:streamGenerateContent" },
        { "gemini.array", "/v1beta/models/m:streamGenerateContent" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Case_08_CharacterInTwoDeltas_ReleasesTheSameAtEverySplit(string file, string path)
    {
        var transcript = Transcript.Load(file);
        foreach (var pieces in (string[][])[["Good HIGH", "LOW day"], ["HIGH", "LOW"], ["a", "HIGH", "LOW", "b"], ["HIGHLOWHIGH", "LOWHIGH", "LOW"]])
        {
            var bytes = Bytes(transcript, pieces);
            for (var cut = 0; cut < bytes.Length; cut++)
            {
                var released = await ReadAsync(transcript, path, cut == 0 ? [bytes] : Chunked.At(bytes, cut));
                Assert.True(Encoding.UTF8.GetString(bytes) == released, $"{file} cut at byte {cut}.\n{released}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Case_08_HalfThatStaysAlone_KeepsItsBytes(string file, string path)
    {
        var transcript = Transcript.Load(file);
        foreach (var pieces in (string[][])[["Good HIGH", " day"], ["Good ", "LOW day"], ["a HIGH b", "c LOW d", "e HIGH"], ["HIGH", "HIGH", "LOW", "LOW"]])
        {
            var bytes = Bytes(transcript, pieces);
            Assert.Equal(Encoding.UTF8.GetString(bytes), await ReadAsync(transcript, path, [bytes]));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Case_54_TermThatBeginsWithHalfACharacter_IsCutAtEverySplit(string file, string path)
    {
        var transcript = Transcript.Load(file);
        var bytes = Bytes(transcript, ["So: HAN", "REST野", "暗号 and more"]);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            var released = await ReadAsync(transcript, path, cut == 0 ? [bytes] : Chunked.At(bytes, cut));
            Assert.True(!released.Contains("D842", StringComparison.Ordinal) && !released.Contains('野'), $"{file} cut at byte {cut}.\n{released}");
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Case_54_TermWithACharacterInHalvesInside_IsCut(string file, string path)
    {
        var transcript = Transcript.Load(file);
        foreach (var pieces in (string[][])[["kestrelHIGH", "LOWbane"], ["kestrelHIGH", "bane"], ["kestrel", "LOWbane"], ["kestrelHIGHLOWHIGH", "bane"], ["kestrelHIGH bane"]])
        {
            var released = await ReadAsync(transcript, path, [Bytes(transcript, ["So: ", .. pieces])]);
            Assert.DoesNotContain("bane", released, StringComparison.Ordinal);
            Assert.DoesNotContain("kestrel", released, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task HalfACharacter_WaitsForTheOtherHalf_AndNothingElseDoes()
    {
        var transcript = Transcript.Load("openai-chat.sse");
        var frames = transcript.Frames("Good ", "day HIGH", "LOW and", " on").Select(frame => Bytes(Encoding.UTF8.GetString(frame))).ToArray();
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream(frames));
        var blocks = new List<string>();
        while (await run.NextAsync() is { Length: > 0 } block) blocks.Add(block);

        Assert.Contains(blocks, block => block.Contains("Good ", StringComparison.Ordinal) && !block.Contains("ud83d", StringComparison.Ordinal));
        Assert.Contains(blocks, block => block.Contains("ud83d", StringComparison.Ordinal) && block.Contains("uDE00", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\\\\ud842", "\\\\udfb7野暗号")]
    [InlineData("\\\\ud842\\\\ud", "fb7\\\\u91ce\\\\u6697\\\\u53f7")]
    [InlineData("\\\\ud842\\\\udfb7", "野暗号")]
    [InlineData("\\\\u8d64\\\\u971e", "\\\\u7981\\\\u8bed")]
    public async Task Case_10_ArgumentsWithHalfACharacterInEscapesOfTheirOwn_AreCut(string first, string second)
    {
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream([Call("{\\\"q\\\":\\\""), Call(first), Call(second), Call("\\\"}"), GuardedRun.End(), GuardedRun.Done]));
        var released = await run.RestAsync();
        Assert.True(!released.Contains("d842", StringComparison.Ordinal), released);
        Assert.True(released.Contains("content_filter", StringComparison.Ordinal), released);

        static byte[] Call(string arguments) => Encoding.UTF8.GetBytes(
            $$$"""data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{{{arguments}}}"}}]}}]}""" + "\n\n");
    }

    private static byte[] Bytes(Transcript transcript, string[] pieces) => Bytes(Encoding.UTF8.GetString(transcript.Bytes(pieces)));

    private static byte[] Bytes(string text)
    {
        foreach (var (name, escape) in Halves) text = text.Replace(name, escape, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }

    private async Task<string> ReadAsync(Transcript transcript, string path, IReadOnlyList<byte[]> pieces)
    {
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream(pieces), path, transcript.Extension);
        var output = await run.RestAsync();
        Assert.True(run.Exchange.IsClosed);
        return output.Replace(run.Exchange.Id, "ID", StringComparison.Ordinal);
    }
}
