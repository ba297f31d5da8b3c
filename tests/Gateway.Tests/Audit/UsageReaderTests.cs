using System.Text;
using Gateway.Audit;

namespace Gateway.Tests.Audit;

public sealed class UsageReaderTests
{
    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":7,"completion_tokens":11}}""", "completion_tokens=11 prompt_tokens=7")]
    [InlineData("""{"message":{"usage":{"input_tokens":3}}}""", "input_tokens=3")]
    [InlineData("""{"candidates":[],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":5,"trafficType":"ON_DEMAND"}}""", "candidatesTokenCount=5 promptTokenCount=4")]
    [InlineData("""{"model":"m","message":{"eval_count":9},"done":true,"total_duration":1,"prompt_eval_count":26,"eval_count":298}""", "eval_count=298 prompt_eval_count=26")]
    [InlineData("""{"usage":null,"text":"eval_count"}""", null)]
    [InlineData("""{"choices":[{"delta":{"content":"the \"usage\" of it"}}]}""", null)]
    [InlineData("""{"choices":[{"delta":{"content":"\"usage\": {\"total_tokens\": 9}, \\\\"}}],"usage" : {"total_tokens":2}}""", "total_tokens=2")]
    [InlineData("""{"usage":"usage","kind":["usage"],"usageMetadata2":{"a":1},"usage":{"total_tokens":2}}""", "total_tokens=2")]
    [InlineData("""{"usage""", null)]
    [InlineData("""{"usage":{"total_tokens":2,"broken""", "total_tokens=2")]
    [InlineData("""{"eval_count":1,"broken""", "eval_count=1")]
    public void Read_OfEachProtocol_FindsItsNumbers(string json, string? expected)
    {
        var found = UsageReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal(expected, found is null ? null : string.Join(' ', found.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void Read_OfALaterEvent_KeepsWhatItDoesNotTell()
    {
        var first = UsageReader.Read("""{"message":{"usage":{"input_tokens":3,"output_tokens":1}}}"""u8);
        var last = UsageReader.Read("""{"usage":{"output_tokens":9}}"""u8, first);

        Assert.Same(first, last);
        Assert.Equal((3, 9), (last!["input_tokens"], last["output_tokens"]));
    }

    [Fact]
    public void Read_OfMoreNumbersThanTheLimit_TakesTheFirstSixteen()
    {
        var members = string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"{(char)('a' + i)}\":{i}"));
        var found = UsageReader.Read(Encoding.UTF8.GetBytes($"{{\"usage\":{{{members}}}}}"));

        Assert.Equal(16, found!.Count);
        Assert.False(found.ContainsKey("q"));
    }
}
