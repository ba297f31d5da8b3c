using System.Text;
using Gateway.Proxy;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>JSON values one after the other: found however the bytes come, and not a byte is changed or lost.</summary>
public sealed class JsonFramingTests
{
    [Theory]
    [InlineData(false, "{\"a\":1}\n{\"b\":\"}{\\\"\"}\n", new[] { "{\"a\":1}", "{\"b\":\"}{\\\"\"}" })]
    [InlineData(false, "{\"a\":1}{\"b\":[2,{}]}", new[] { "{\"a\":1}", "{\"b\":[2,{}]}" })]
    [InlineData(false, "\uFEFF {\"a\":\"早\"}\r\n\r\n 7 \"x\" ", new[] { "{\"a\":\"早\"}", "7", "\"x\"" })]
    [InlineData(true, "[{\"a\":1}\n,\r\n{\"b\":2}\n]", new[] { "{\"a\":1}", "{\"b\":2}" })]
    [InlineData(true, "[\n{\"a\":[1,2]},{\"b\":\",]\"} ] ", new[] { "{\"a\":[1,2]}", "{\"b\":\",]\"}" })]
    [InlineData(true, "[]", new string[0])]
    [InlineData(false, "{\"a\":1}\n{\"half\":", new[] { "{\"a\":1}", "{\"half\":" })]
    [InlineData(false, ",,", new[] { ",", "," })]
    [InlineData(false, "]}", new[] { "]", "}" })]
    public void TryRead_CutAtAnyByte_FindsTheSameValues(bool isArray, string text, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 1; cut <= bytes.Length; cut++)
        {
            Assert.Equal(expected, Read(Chunked.At(bytes, cut), isArray, text));
        }

        Assert.Equal(expected, Read(Chunked.Every(bytes, 1), isArray, text));
    }

    private static List<string> Read(IReadOnlyList<byte[]> pieces, bool isArray, string whole)
    {
        var framing = new JsonFraming(isArray);
        var values = new List<string>();
        var seen = new List<byte>();
        byte[] pending = [];
        for (var i = 0; i <= pieces.Count; i++)
        {
            if (i < pieces.Count) pending = [.. pending, .. pieces[i]];
            while (framing.TryRead(pending, i == pieces.Count, out var length))
            {
                Assert.InRange(length, 1, pending.Length);
                foreach (var (start, size) in framing.Data) values.Add(Encoding.UTF8.GetString(pending, start, size));
                seen.AddRange(pending[..length]);
                pending = pending[length..];
            }
        }

        Assert.Equal(whole, Encoding.UTF8.GetString([.. seen]));
        return values;
    }
}
