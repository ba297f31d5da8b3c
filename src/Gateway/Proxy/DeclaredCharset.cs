using System.Collections.Frozen;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Gateway.Proxy;

/// <summary>
/// Bodies in a charset other than UTF-8: read strictly, judged and forwarded as UTF-8, so that the model server reads what was judged.
/// Charsets with states or with letters elsewhere than ASCII has them (ISO-2022, HZ, UTF-7, EBCDIC) are not read.
/// </summary>
internal static class DeclaredCharset
{
    private const string Utf16 = "utf-16";

    private static readonly FrozenSet<string> Known = new[]
    {
        Utf16, "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
        "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "koi8-r",
        "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    static DeclaredCharset() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>The body as UTF-8; <see langword="null"/> when the charset is not read, or the bytes mean nothing in it.</summary>
    /// <param name="contentType">The media type that names the charset. Forms are not read: their files have no charset.</param>
    /// <param name="body">The bytes.</param>
    public static byte[]? ToUtf8(string? contentType, byte[] body)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase)) return null;
        var name = type.Charset.AsSpan().Trim('"').ToString();
        if (!Known.Contains(name)) return null;
        // Without a mark, where the first character's zero byte stands tells the order.
        if (name.Equals(Utf16, StringComparison.OrdinalIgnoreCase) && body is [0, not 0, ..] or [0xFE, 0xFF, ..]) name = "utf-16be";
        var encoding = Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        try
        {
            var text = encoding.GetString(body);
            return Encoding.UTF8.GetBytes(text.StartsWith('\uFEFF') ? text[1..] : text);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The same media type, its charset UTF-8.</summary>
    public static string InUtf8(string contentType)
    {
        var type = MediaTypeHeaderValue.Parse(contentType);
        type.Charset = "utf-8";
        return type.ToString();
    }
}
