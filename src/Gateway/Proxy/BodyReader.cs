using System.Buffers;
using System.IO.Compression;
using Gateway.Configuration;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Room 4: reads a body within its limits and undoes content codings, so that what is judged is what is forwarded.</summary>
internal static class BodyReader
{
    private const int MostCodings = 3;
    private const int LeastUnpacked = 64 * 1024;

    /// <summary>Reads a request's body.</summary>
    /// <returns>The body, or the error to answer with.</returns>
    public static async ValueTask<(ReadOnlyMemory<byte> Body, bool WasDecoded, GatewayError? Error)> ReadRequestAsync(
        HttpRequest request, LimitsOptions limits, CancellationToken cancellationToken)
    {
        if (!TryCodings(request.Headers.ContentEncoding, out var codings))
        {
            return (default, false, new GatewayError(415, "unsupported_encoding", "Content-Encoding must be gzip, br, deflate or absent.", "Content-Encoding"));
        }

        if (request.Headers.ContentType.Count > 1)
        {
            // Which of them counts is the reader's choice, and the model server's need not be ours.
            return (default, false, GatewayError.BadRequest("ambiguous_content_type", "Content-Type stands there more than once; send it once.", "Content-Type"));
        }

        if (request.ContentLength > limits.RequestBytes) return (default, false, TooLarge(limits));
        byte[]? raw;
        try
        {
            raw = await ReadAsync(request.Body, limits.RequestBytes, request.ContentLength, cancellationToken);
        }
        catch (BadHttpRequestException fault)
        {
            return (default, false, fault.StatusCode == 413
                ? TooLarge(limits)
                : GatewayError.BadRequest("bad_request", "The request's framing is broken."));
        }

        if (raw is null) return (default, false, TooLarge(limits));
        var body = raw;
        if (codings.Length > 0)
        {
            try
            {
                var limit = (int)Math.Min(limits.RequestBytes, Math.Max(LeastUnpacked, (long)raw.Length * limits.UnpackRatio));
                await using var unpacked = Decoding(new MemoryStream(raw), codings);
                body = await ReadAsync(unpacked, limit, null, cancellationToken);
            }
            catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException)
            {
                // Brotli's decoder reports broken data as an invalid operation.
                return (default, false, GatewayError.BadRequest("bad_encoding", "The body does not match its Content-Encoding.", "Content-Encoding"));
            }

            if (body is null) return (default, false, TooLarge(limits));
        }

        var isTranscoded = !DeclaredCharset.IsUtf8(request.ContentType);
        if (isTranscoded)
        {
            if (DeclaredCharset.ToUtf8(request.ContentType, body) is not { } utf8)
            {
                return (default, false, GatewayError.BadRequest("unsupported_charset", "The body cannot be read in the charset that Content-Type names. Send UTF-8.", "Content-Type"));
            }

            if (utf8.Length > limits.RequestBytes) return (default, false, TooLarge(limits));
            request.ContentType = DeclaredCharset.InUtf8(request.ContentType!);
            body = utf8;
        }

        return body.Length == 0
            ? (default, false, GatewayError.BadRequest("empty_body", "The request has no body; a JSON object is expected."))
            : (body, codings.Length > 0 || isTranscoded, null);
    }

    /// <summary>Reads to the end, or gives up.</summary>
    /// <returns>The bytes; <see langword="null"/> when there are more than <paramref name="limit"/>.</returns>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, int limit, long? expected, CancellationToken cancellationToken)
    {
        if (expected > limit) return null;

        // One byte more than announced, so that the end is seen without growing.
        var rented = ArrayPool<byte>.Shared.Rent((int)(expected ?? 4096) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(rented.AsMemory(length), cancellationToken);
                if (read == 0) return rented.AsSpan(0, length).ToArray();
                length += read;
                if (length > limit) return null;
                if (length < rented.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)rented.Length * 2, (long)limit + 1));
                rented.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(rented);
                rented = larger;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Undoes content codings, the last applied first, while it is read.</summary>
    public static Stream Decoding(Stream stream, string[] codings)
    {
        for (var i = codings.Length - 1; i >= 0; i--) stream = Decoder(stream, codings[i]);
        return stream;
    }

    /// <summary>The content codings of a body, identity left out.</summary>
    /// <returns>False when one is unknown or there are too many.</returns>
    public static bool TryCodings(string? header, out string[] codings)
    {
        codings = [];
        if (string.IsNullOrWhiteSpace(header)) return true;
        codings = [.. header.ToLowerInvariant()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(coding => coding != "identity")];
        return codings.Length <= MostCodings && Array.TrueForAll(codings, static coding => coding is "gzip" or "x-gzip" or "br" or "deflate");
    }

    private static Stream Decoder(Stream stream, string coding) => coding switch
    {
        "br" => new BrotliStream(stream, CompressionMode.Decompress),
        "deflate" => new ZLibStream(stream, CompressionMode.Decompress),
        _ => new GZipStream(stream, CompressionMode.Decompress),
    };

    private static GatewayError TooLarge(LimitsOptions limits) =>
        GatewayError.TooLarge("request_too_large", $"The request body is larger than {limits.RequestBytes} bytes.");
}
