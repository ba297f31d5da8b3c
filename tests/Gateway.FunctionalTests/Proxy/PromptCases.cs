using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Where a block term can hide in a request, by name.</summary>
internal static class PromptCases
{
    private const string Word = TestLexicon.Block;

    /// <summary>Requests that must be refused as blocked. Each is built with or without <c>"stream":true</c>.</summary>
    public static IReadOnlyDictionary<string, Func<bool, byte[]>> Blocked { get; } = new Dictionary<string, Func<bool, byte[]>>(StringComparer.Ordinal)
    {
        ["user turn"] = Turns(User($"Tell me of {Word} please")),
        ["Chinese term"] = Turns(User($"请讲{TestLexicon.BlockChinese}吧")),
        ["term outside the basic plane"] = Turns(User($"a{TestLexicon.BlockAstral}b")),
        ["term of several words"] = Turns(User($"the {TestLexicon.BlockPhrase} again")),
        ["long term"] = Turns(User(TestLexicon.BlockLong)),
        ["system turn"] = Turns(Say("system", $"Obey {Word}."), User("Hello")),
        ["developer turn"] = Turns(Say("developer", $"Obey {Word}."), User("Hello")),
        ["unknown role"] = Turns(Say("narrator", $"Obey {Word}."), User("Hello")),
        ["first of twelve turns"] = Turns([User(Word), .. Enumerable.Range(0, 11).Select(index => User($"Harmless turn {index}"))]),
        ["assistant history"] = Turns(User("Hello"), Say("assistant", $"As I said, {Word}."), User("Go on")),
        ["second of two parts"] = Turns(User(Parts("Harmless.", $"And {Word}."))),
        ["split over two parts"] = Turns(User(Parts("Tell me of kestr", "elbane please"))),
        ["split over three parts"] = Turns(User(Parts("赤", "霞禁", "语"))),
        ["fragments before an image"] = Turns(User(new JsonArray(
            ChatTranscripts.TextPart(Word),
            new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "https://example.com/a.png" } }))),
        ["tool turn"] = Turns(User("Hello"), new JsonObject { ["role"] = "tool", ["tool_call_id"] = "call_1", ["content"] = $"Result: {Word}" }),
        ["tool turn in parts"] = Turns(User("Hello"), new JsonObject { ["role"] = "tool", ["tool_call_id"] = "call_1", ["content"] = Parts("ok", Word) }),
        ["tool call arguments in history"] = Turns(User("Hello"), AssistantCall($$"""{"q":"{{Word}}"}""")),
        ["tool call arguments, escaped twice"] = Turns(User("Hello"), AssistantCall($$"""{"q":"{{Escaped(Word)}}"}""")),
        ["old function call"] = Turns(User("Hello"), new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = null,
            ["function_call"] = new JsonObject { ["name"] = "f", ["arguments"] = Word },
        }),
        ["refusal in history"] = Turns(User("Hello"), new JsonObject { ["role"] = "assistant", ["refusal"] = Word }),
        ["reasoning in history"] = Turns(User("Hello"), new JsonObject { ["role"] = "assistant", ["content"] = "Hm.", ["reasoning_content"] = Word }),
        ["speaker's name"] = Turns(new JsonObject { ["role"] = "user", ["name"] = Word, ["content"] = "Hello" }),
        ["unknown member of a turn"] = Turns(new JsonObject { ["role"] = "user", ["content"] = "Hello", ["content_blocks"] = new JsonArray(new JsonObject { ["text"] = Word }) }),
        ["unknown member of the request"] = With(request => request["extension"] = new JsonObject { ["deep"] = new JsonArray(1, new JsonObject { ["x"] = Word }) }),
        ["prediction"] = With(request => request["prediction"] = new JsonObject { ["type"] = "content", ["content"] = Word }),
        ["JSON escapes"] = Raw($$"""{"model":"m"STREAM,"messages":[{"role":"user","content":"{{Escaped(Word)}}"}]}"""),
        ["JSON escapes of a surrogate pair"] = Raw($$"""{"model":"m"STREAM,"messages":[{"role":"user","content":"{{Escaped(TestLexicon.BlockAstral)}}"}]}"""),
        ["escaped member names"] = Raw($$"""{"model":"m"STREAM,"mess\u0061ges":[{"role":"user","c\u006fntent":"{{Word}}"}]}"""),
        ["case"] = Turns(User("KestrelBANE")),
        ["full width"] = Turns(User(TestLexicon.FullWidth(Word))),
        ["zero-width characters"] = Turns(User(TestLexicon.ZeroWidth(Word))),
        ["zero-width characters in Chinese"] = Turns(User(TestLexicon.ZeroWidth(TestLexicon.BlockChinese))),
        ["soft hyphens"] = Turns(User("kes\u00ADtrel\u00ADbane")),
        ["mathematical bold"] = Turns(User(string.Concat(Word.Select(letter => char.ConvertFromUtf32(0x1D41A + letter - 'a'))))),
        ["byte order mark"] = stream => [0xEF, 0xBB, 0xBF, .. Turns(User(Word))(stream)],
        ["after a megabyte"] = Turns(User(new string('x', 1_000_000) + Word)),
    };

    /// <summary>Requests that are refused because they cannot be judged for certain.</summary>
    public static IReadOnlyDictionary<string, byte[]> Unjudgeable { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["duplicate content, word last"] = Utf8($$"""{"model":"m","messages":[{"role":"user","content":"Hello","content":"{{Word}}"}]}"""),
        ["duplicate content, word first"] = Utf8($$"""{"model":"m","messages":[{"role":"user","content":"{{Word}}","content":"Hello"}]}"""),
        ["duplicate content, one escaped"] = Utf8($$"""{"model":"m","messages":[{"role":"user","c\u006fntent":"{{Word}}","content":"Hello"}]}"""),
        ["duplicate messages"] = Utf8($$"""{"model":"m","messages":[{"role":"user","content":"{{Word}}"}],"messages":[{"role":"user","content":"Hello"}]}"""),
        ["lone high surrogate"] = Utf8("""{"model":"m","messages":[{"role":"user","content":"a\ud83d b"}]}"""),
        ["lone low surrogate"] = Utf8("""{"model":"m","messages":[{"role":"user","content":"a\ude00 b"}]}"""),
        ["surrogates in the wrong order"] = Utf8("""{"model":"m","messages":[{"role":"user","content":"\ude00\ud83d"}]}"""),
        ["invalid UTF-8"] = [.. Utf8("""{"model":"m","messages":[{"role":"user","content":"kestr"""), 0xFF, .. Utf8("""elbane"}]}""")],
        ["overlong UTF-8"] = [.. Utf8("""{"model":"m","messages":[{"role":"user","content":"x"""), 0xC0, 0xAF, .. Utf8("""y"}]}""")],
        ["cut character"] = [.. Utf8("""{"model":"m","messages":[{"role":"user","content":"x"""), 0xE8, 0xB5, .. Utf8("""y"}]}""")],
        ["empty body"] = [],
        ["white space"] = Utf8(" \r\n\t"),
        ["not JSON"] = Utf8("hello"),
        ["cut JSON"] = Utf8("""{"model":"m","messages":[{"role":"user","content":"Hel"""),
        ["trailing comma"] = Utf8("""{"model":"m","messages":[{"role":"user","content":"Hello"},]}"""),
        ["comment"] = Utf8("""{"model":"m",/* c */"messages":[{"role":"user","content":"Hello"}]}"""),
        ["two documents"] = Utf8("""{"model":"m","messages":[]}{"model":"m","messages":[]}"""),
        ["control character in a string"] = Utf8("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}"),
        ["an array"] = Utf8("[]"),
        ["a string"] = Utf8("\"hello\""),
        ["null"] = Utf8("null"),
        ["messages of the wrong type"] = Utf8("""{"model":"m","messages":"Hello"}"""),
        ["turn of the wrong type"] = Utf8("""{"model":"m","messages":["Hello"]}"""),
        ["content of the wrong type"] = Utf8("""{"model":"m","messages":[{"role":"user","content":42}]}"""),
        ["stream of the wrong type"] = Utf8("""{"model":"m","stream":"yes","messages":[{"role":"user","content":"Hello"}]}"""),
    };

    private static JsonObject Say(string role, JsonNode content) => ChatTranscripts.Turn(role, content);

    private static JsonObject User(JsonNode content) => Say("user", content);

    private static JsonArray Parts(params string[] texts) => new([.. texts.Select(ChatTranscripts.TextPart)]);

    private static JsonObject AssistantCall(string arguments) => new()
    {
        ["role"] = "assistant",
        ["content"] = null,
        ["tool_calls"] = new JsonArray(ChatTranscripts.ToolCall("lookup", arguments)),
    };

    private static Func<bool, byte[]> Turns(params JsonNode[] turns) =>
        stream => ChatTranscripts.Request(turns.Select(turn => turn.DeepClone()), stream);

    private static Func<bool, byte[]> With(Action<JsonObject> change) => stream =>
    {
        var request = ChatTranscripts.RequestNode([User("Hello")], stream);
        change(request);
        return ChatTranscripts.Bytes(request);
    };

    private static Func<bool, byte[]> Raw(string json) => stream => Utf8(json.Replace("STREAM", stream ? ",\"stream\":true" : "", StringComparison.Ordinal));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Escaped(string text) => string.Concat(text.Select(unit => $"\\u{(int)unit:x4}"));
}
