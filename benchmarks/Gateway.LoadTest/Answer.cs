using System.Globalization;
using System.Text;

namespace Gateway.LoadTest;

/// <summary>One answer of the stub model server, rendered for both kinds: what goes over the wire, and what a client must read.</summary>
internal sealed class Answer
{
    private const int Events = 64;

    private const string StreamHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

    public Answer(string text, string? term)
    {
        Term = term is null ? null : Encoding.UTF8.GetBytes(term);
        string body = $$$"""
            {"id":"chatcmpl-{{{Template.Slot}}}","object":"chat.completion","created":1760000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":256,"completion_tokens":256,"total_tokens":512}}
            """;
        Body = new Template(body);
        Response = new Template($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{body}");

        string[] events = [.. RenderEvents(text)];
        StreamBody = new Template(string.Concat(events));
        // One write for each event, as model servers flush each token; the last takes the terminator with it.
        StreamWrites = [.. events[..^2].Select(Chunk), Chunk(events[^2]), Chunk(events[^1])];
        StreamWrites[0] = StreamHead + StreamWrites[0];
        StreamWrites[^1] += "0\r\n\r\n";
        FirstWrite = new Template(StreamWrites[0]);
        LaterWrites = [.. StreamWrites[1..].Select(write => new Template(write).Constant)];
    }

    /// <summary>The planted term, or null.</summary>
    public byte[]? Term { get; }

    /// <summary>A whole answer with its head.</summary>
    public Template Response { get; }

    /// <summary>Its body, as a client must read it.</summary>
    public Template Body { get; }

    /// <summary>All events of a streamed answer, as a client must read them.</summary>
    public Template StreamBody { get; }

    /// <summary>Head and first event of a streamed answer: the only event with a number.</summary>
    public Template FirstWrite { get; }

    /// <summary>The other events, each with its chunk frame.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> LaterWrites { get; }

    private string[] StreamWrites { get; }

    private static string Chunk(string data) => Encoding.UTF8.GetByteCount(data).ToString("x", CultureInfo.InvariantCulture) + "\r\n" + data + "\r\n";

    // 64 events: 63 with text, the last of them with the reason of the end; then the terminator.
    private static IEnumerable<string> RenderEvents(string text)
    {
        int[] starts = StringInfo.ParseCombiningCharacters(text);
        // The number stays in one piece, so that writing it stays cheap.
        int headLength = text.IndexOf(Template.Slot, StringComparison.Ordinal) + Template.Slot.Length + 1;
        int[] rest = [.. starts.Where(start => start >= headLength), text.Length];
        int pieces = Events - 2;
        yield return Event($$"""{"role":"assistant","content":"{{text[..headLength]}}"}""", "null");
        for (int i = 0; i < pieces; i++)
        {
            int from = rest[(rest.Length - 1) * i / pieces], to = rest[(rest.Length - 1) * (i + 1) / pieces];
            yield return Event($$"""{"content":"{{text[from..to]}}"}""", "null");
        }

        yield return Event("{}", "\"stop\"");
        yield return "data: [DONE]\n\n";
    }

    private static string Event(string delta, string reason) =>
        $$"""data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"bench","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{reason}}}]}""" + "\n\n";
}
