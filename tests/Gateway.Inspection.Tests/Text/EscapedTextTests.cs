using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Text;

public class EscapedTextTests
{
    [Theory]
    [InlineData("plain", null)]
    [InlineData("", null)]
    [InlineData("\\u", null)]
    [InlineData("\\u12", null)]
    [InlineData("\\uzzzz", null)]
    [InlineData("\\u0041", "A")]
    [InlineData("a\\u0041b", "aAb")]
    [InlineData("{\"q\":\"\\u8d64\\u971e\"}", "{\"q\":\"赤霞\"}")]
    [InlineData("\\ud842\\udfb7", "𠮷")]
    [InlineData("\\uzz\\u0041\\u00", "\\uzzA\\u00")]
    public void TryDecode_Text_UndoesWholeEscapesOnly(string text, string? expected)
    {
        Assert.Equal(expected is not null, EscapedText.TryDecode(text, out var decoded));
        Assert.Equal(expected, decoded);
    }
}
