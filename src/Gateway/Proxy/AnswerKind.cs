using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Unicode;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Tells what an answer is from its first bytes; what its headers promise decides only where the bytes leave it open.</summary>
internal static class AnswerKind
{
    /// <summary>Enough has come to tell: a value of JSON, a line, or more than any field name.</summary>
    public static bool IsDecided(ReadOnlySpan<byte> head, int most, bool mayBeMedia)
    {
        if (head.Length == most) return true;
        if (head.Length < 3 && "\uFEFF"u8.StartsWith(head)) return false;
        head = AfterMark(head);
        if (head.IsEmpty) return false;
        if (head[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)':') return true;
        return !mayBeMedia && (head.Length >= 6 || head.IndexOfAny((byte)'\r', (byte)'\n') >= 0);
    }

    /// <summary>What the headers call it; <see langword="null"/> for nothing that can be read.</summary>
    public static string? MediaTypeOf(HttpContentHeaders headers) =>
        ContentTypeOf(headers) is MediaTypeNames.Application.Json ? MediaTypeNames.Application.Json : headers.ContentType?.MediaType;

    /// <summary>The same with everything that is said of it; several are joined by commas.</summary>
    public static string? ContentTypeOf(HttpContentHeaders headers) => headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;

    /// <summary>How a stream is framed; <see langword="null"/> when the answer comes whole.</summary>
    public static StreamFraming? FramingOf(ReadOnlySpan<byte> head, string? mediaType, Exchange exchange)
    {
        var operation = exchange.Operation;
        if (operation.StreamEvent is null) return null;
        if (LooksLikeEvents(head, mediaType)) return new SseFraming();
        head = AfterMark(head);
        if (exchange.Status is < 200 or >= 300 || head.IsEmpty) return null;
        var isAsked = exchange.IsStream || mediaType is "application/x-ndjson" or "application/jsonl";
        if (head[0] == '[' && exchange.IsStream && operation.Streams.HasFlag(StreamFormats.Array)) return new JsonFraming(isArray: true);
        return head[0] == '{' && isAsked && operation.Streams.HasFlag(StreamFormats.Lines) ? new JsonFraming(isArray: false) : null;
    }

    /// <summary>Sound or a picture where the operation has such answers: neither JSON nor text.</summary>
    public static bool IsMedia(ReadOnlySpan<byte> head, string? mediaType, Exchange exchange)
    {
        if (exchange.Operation.AnswerMedia is null || exchange.Status is < 200 or >= 300 || head.IsEmpty) return false;
        if (mediaType is null || mediaType.Contains("json", StringComparison.OrdinalIgnoreCase) || mediaType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)) return false;
        // Sound has bytes that no text has; a text that calls itself sound is judged.
        return head.Contains((byte)0) || !Utf8.IsValid(head[..^Math.Min(3, head.Length)]);
    }

    /// <summary>A line that a reader of events would take for data, in a text that did not begin like events.</summary>
    public static bool HoldsEvents(ReadOnlySpan<byte> text)
    {
        foreach (var line in text.SplitAny("\r\n"u8))
        {
            if (SseFraming.IsData(text[line])) return true;
        }

        return false;
    }

    /// <summary>What a whole answer says of itself.</summary>
    public static AnswerFacts FactsOf(Exchange exchange, ScannedJson scanned, ReadOnlySpan<byte> json) => exchange.FactsOf(
        scanned.CapturedString(FieldCapture.Id, json),
        scanned.CapturedString(FieldCapture.Model, json),
        scanned.CapturedString(FieldCapture.Created, json),
        StreamFormats.None);

    private static bool LooksLikeEvents(ReadOnlySpan<byte> head, string? mediaType)
    {
        head = AfterMark(head);
        if (head.IsEmpty) return mediaType == "text/event-stream";
        if (head[0] is (byte)'{' or (byte)'[') return false;
        return mediaType == "text/event-stream"
            || head.StartsWith("data:"u8) || head.StartsWith("data\r"u8) || head.StartsWith("data\n"u8)
            || head.StartsWith("event:"u8) || head.StartsWith("id:"u8) || head.StartsWith("retry:"u8) || head[0] == ':';
    }

    private static ReadOnlySpan<byte> AfterMark(ReadOnlySpan<byte> head) =>
        (head.StartsWith("\uFEFF"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);
}
