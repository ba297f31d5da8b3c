using System.Text;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>
/// Every recorded stream, cut in two at every byte: what is allowed leaves byte for byte, what is blocked or masked leaves the
/// same whatever the cut, and none of it holds the term or the key.
/// </summary>
public sealed class EverySplitTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";

    [Theory]
    [InlineData("openai-chat.sse", "/v1/chat/completions")]
    [InlineData("openai-completions.sse", "/v1/completions")]
    [InlineData("openai-responses.sse", "/v1/responses")]
    [InlineData("openai-audio.sse", "/v1/audio/transcriptions")]
    [InlineData("anthropic.sse", "/v1/messages")]
    [InlineData("ollama-chat.ndjson", "/api/chat")]
    [InlineData("ollama-generate.ndjson", "/api/generate")]
    [InlineData("gemini.sse", "/v1beta/models/m:streamGenerateContent")]
    [InlineData("gemini.array", "/v1beta/models/m:streamGenerateContent")]
    public async Task Stream_CutInTwoAtEveryByte_ReleasesTheSame(string file, string path)
    {
        var transcript = Transcript.Load(file);
        foreach (var pieces in (string[][])[["Ein kes", "trel, 赤霞", " 😀"], ["Oh kes", "trelba", "ne."], ["Use sk-proj-4f8Qz2Lk", Key[16..], "."]])
        {
            var bytes = transcript.Bytes(pieces);
            var text = string.Concat(pieces);
            var whole = await ReadAsync(transcript, path, [bytes]);
            if (!text.Contains("kestrelbane", StringComparison.Ordinal) && !text.Contains(Key, StringComparison.Ordinal)) Assert.Equal(Encoding.UTF8.GetString(bytes), whole);
            Assert.DoesNotContain("trelba", whole, StringComparison.Ordinal);
            Assert.DoesNotContain("4f8Qz", whole, StringComparison.Ordinal);
            for (var cut = 1; cut < bytes.Length; cut++)
            {
                var released = await ReadAsync(transcript, path, Chunked.At(bytes, cut));
                Assert.True(whole == released, $"{file} cut at byte {cut}.\nWhole:\n{whole}\nReleased:\n{released}");
            }
        }
    }

    private async Task<string> ReadAsync(Transcript transcript, string path, IReadOnlyList<byte[]> pieces)
    {
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream(pieces), path, transcript.Extension);
        var output = await run.RestAsync();
        Assert.True(run.Exchange.IsClosed);
        return output.Replace(run.Exchange.Id, "ID", StringComparison.Ordinal);
    }
}
