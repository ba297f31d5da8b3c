using System.Text;
using Gateway.Protocols;

namespace Gateway.Tests.Protocols;

public sealed class JsonStringBytesTests
{
    [Theory]
    [InlineData("abc", 1, 2, "b")]
    [InlineData("a\\nb\\u0063d", 1, 4, "\\nb\\u0063")]
    [InlineData("早a好", 0, 2, "早a")]
    [InlineData("😀x", 2, 3, "x")]
    [InlineData("\\ud83d\\ude00x", 2, 3, "x")]
    [InlineData("abc", 3, 3, "")]
    public void RangeOf_Characters_FindsTheirBytes(string token, int start, int end, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(token);
        var (from, to) = JsonStringBytes.RangeOf(bytes, start, end);
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes[from..to]));
    }
}
