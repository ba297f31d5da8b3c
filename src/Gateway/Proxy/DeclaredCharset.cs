using System.Collections.Frozen;
using System.Net.Mime;
using System.Text;
using System.Text.Unicode;
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

    /// <summary>True when a content type names no charset, or UTF-8 or its subset ASCII; false when readers could differ about it.</summary>
    public static bool IsUtf8(string? contentType) =>
        contentType is null or MediaTypeNames.Application.Json
        || (TryName(contentType, out var name) && (name is null || name.ToLowerInvariant() is "utf-8" or "utf8" or "us-ascii" or "ascii"));

    /// <summary>The body as UTF-8; <see langword="null"/> when the charset is not read, or the bytes mean nothing in it.</summary>
    /// <param name="contentType">The media type that names the charset. Forms are not read: their files have no charset.</param>
    /// <param name="body">The bytes.</param>
    public static byte[]? ToUtf8(string? contentType, byte[] body)
    {
        if (!TryName(contentType, out var name) || name is null || !Known.Contains(name)) return null;
        if (contentType!.StartsWith("multipart", StringComparison.OrdinalIgnoreCase)) return null;
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

    /// <summary>
    /// An answer as UTF-8. Many servers name a charset and write UTF-8 all the same, so bytes that are UTF-8 are taken for it;
    /// whoever reads them is told UTF-8. <see langword="null"/> when nobody can say what a client would read.
    /// </summary>
    public static byte[]? AnswerToUtf8(string? contentType, byte[] body) =>
        IsKnown(contentType) && Utf8.IsValid(body) && !body.AsSpan().Contains((byte)0) ? body : ToUtf8(contentType, body);

    /// <summary>Events are UTF-8 whatever is said of them, if their letters are where ASCII has them.</summary>
    public static bool MayBeEvents(string? contentType) => IsKnown(contentType) && TryName(contentType, out var name) && !name!.StartsWith("utf-", StringComparison.OrdinalIgnoreCase);

    private static bool IsKnown(string? contentType) => TryName(contentType, out var name) && name is not null && Known.Contains(name);

    /// <summary>The charset that a content type names; <see langword="null"/> for none.</summary>
    /// <returns>False when it cannot be read in one way only.</returns>
    private static bool TryName(string? contentType, out string? name)
    {
        name = null;
        if (string.IsNullOrEmpty(contentType)) return true;
        var says = contentType.Contains("charset", StringComparison.OrdinalIgnoreCase);
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return !says;
        foreach (var parameter in type.Parameters)
        {
            if (!parameter.Name.StartsWith("charset", StringComparison.OrdinalIgnoreCase)) continue;
            if (name is not null || parameter.Name.Length != "charset".Length) return false;
            name = parameter.Value.AsSpan().Trim('"').Trim().ToString();
        }

        return says == name is not null;
    }

    /// <summary>The same media type, its charset UTF-8.</summary>
    public static string InUtf8(string contentType)
    {
        var type = MediaTypeHeaderValue.Parse(contentType);
        type.Charset = "utf-8";
        return type.ToString();
    }
}
