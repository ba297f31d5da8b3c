using System.IO.Compression;
using Gateway.Configuration;
using Gateway.Proxy;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Proxy;

/// <summary>What a packed body may unpack to: at the limit and one byte past it.</summary>
public sealed class BodyReaderTests
{
    private const int Least = 64 * 1024;

    [Theory]
    [InlineData(Least, 1, null)]
    [InlineData(Least + 1, 1, 413)]
    [InlineData(16 * 1024 * 1024, 2000, null)]
    [InlineData((16 * 1024 * 1024) + 1, 2000, 413)]
    public async Task PackedBody_IsLimitedByRatioAndSize(int bytes, int ratio, int? status)
    {
        var (body, wasDecoded, error) = await ReadAsync(Pack(bytes), "gzip", new LimitsOptions { UnpackRatio = ratio });
        Assert.Equal(status, error?.Status);
        if (status is null) Assert.Equal((bytes, true), (body.Length, wasDecoded));
    }

    [Fact]
    public async Task PackedBody_AtTheRatio_IsTheLastThatPasses()
    {
        // Zeros pack to about a thousandth; a length that is a whole number of times the packed one is not far.
        var (bytes, packed) = (400_000, Pack(400_000));
        while (bytes % packed.Length != 0) packed = Pack(++bytes);
        var ratio = bytes / packed.Length;
        var (_, _, error) = await ReadAsync(packed, "gzip", new LimitsOptions { UnpackRatio = ratio });
        Assert.Null(error);
        (_, _, error) = await ReadAsync(packed, "gzip", new LimitsOptions { UnpackRatio = ratio - 1 });
        Assert.Equal(413, error?.Status);
    }

    [Theory]
    [InlineData("gzip, br, deflate", true)]
    [InlineData("gzip, br, deflate, gzip", false)]
    [InlineData("gzip, identity, br, deflate", true)]
    [InlineData("zstd", false)]
    public void Codings_StackedAtAndPastTheLimit_AreTakenAndRefused(string header, bool areTaken) => Assert.Equal(areTaken, BodyReader.TryCodings(header, out _));

    [Theory]
    [InlineData(256, null)]
    [InlineData(257, 413)]
    public void FormParts_AreLimited(int parts, int? status)
    {
        var form = string.Concat(Enumerable.Repeat("--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n", parts)) + "--b--\r\n";
        var error = FormScanner.Scan(System.Text.Encoding.ASCII.GetBytes(form), "b", Gateway.Protocols.JsonShape.Unknown, new Gateway.Protocols.ScannedJson());
        Assert.Equal(status, error?.Status);
    }

    private static byte[] Pack(int bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(new byte[bytes]);
        return packed.ToArray();
    }

    private static async Task<(ReadOnlyMemory<byte> Body, bool WasDecoded, Gateway.Protocols.GatewayError? Error)> ReadAsync(byte[] bytes, string coding, LimitsOptions limits)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(bytes);
        context.Request.ContentLength = bytes.Length;
        context.Request.ContentType = "application/json";
        context.Request.Headers.ContentEncoding = coding;
        return await BodyReader.ReadRequestAsync(context.Request, limits, CancellationToken.None);
    }
}
