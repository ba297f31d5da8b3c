using System.Globalization;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>An answer as it came over the connection.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Head">Status line and headers.</param>
/// <param name="Body">Everything after them, chunk sizes included where the answer was chunked.</param>
public sealed record RawResponse(int Status, string Head, string Body)
{
    public string? Header(string name) => Head.Split("\r\n")
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();

    internal static RawResponse Parse(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) throw new InvalidOperationException($"Not an HTTP answer: '{text}'");
        return new RawResponse(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], text[(end + 4)..]);
    }
}
