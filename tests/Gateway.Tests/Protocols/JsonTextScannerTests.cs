using System.Text;
using Gateway.Protocols;

namespace Gateway.Tests.Protocols;

public class JsonTextScannerTests
{
    private static readonly Operation ChatOperation = new OpenAIChatProtocol().Operations[0];

    public static TheoryData<string, string[]> Requests => new()
    {
        // What is text.
        { """{"messages":[{"role":"user","content":"hi"}]}""", ["hi"] },
        { """{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]}""", ["a", "b"] },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}""", ["ab"] },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://h/x"}},{"type":"text","text":"b"}]}]}""", ["ab", "https://h/x"] },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"a","x":"y"},{"type":"text","text":"b"},"c"]},{"role":"user","content":[{"type":"text","text":"d"}]}]}""", ["abc", "<x>", "y", "d"] },
        { """{"messages":[{"role":"user","Content":"a"}]}""", ["a"] },
        { """{"messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"q\":1}"}}]}]}""", ["f", """{"q":1}"""] },
        { """{"messages":[{"role":"user","content":"\u0057\u00e9"}]}""", ["Wé"] },
        { """{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b","extra":{"deep":["c"]}}]}""", ["a", "b", "<extra>", "<deep>", "c"] },
        { """{"messages":[{"role":"user","name":"Bob","content":"x"}]}""", ["Bob", "x"] },

        // What is only watched.
        { """{"messages":[],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"q":{"enum":["e"]}}}}]}""", ["(f)", "(d)", "(<q>)", "(<enum>)", "(e)"] },
        { """{"messages":[],"user":"u","metadata":{"k":"v"},"stop":["s"]}""", ["(u)", "(<k>)", "(v)", "(s)"] },

        // What looks structural and is not.
        { """{"model":"not an id","messages":[]}""", ["not an id"] },
        { """{"model":"模型","messages":[]}""", ["模型"] },
        { """{"messages":[{"role":"user said","content":null}]}""", ["user said"] },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void Scan_Request_FindsEveryText(string json, string[] expected) => Assert.Equal(expected, Texts(Scan(json)));

    [Fact]
    public void Scan_JoinedTextWithSomethingBetween_KnowsWhereEachStringStands()
    {
        const string Body = """{"messages":[{"role":"user","content":[{"type":"text","text":"ab","x":"y"},{"type":"text","text":"c\u0064"},{"z":1,"type":"text","text":"e"}]}]}""";
        var scanned = Scan(Body);
        var field = scanned.Fields[0];

        Assert.True(field.IsJoined);
        Assert.Equal("abcde", scanned.TextOf(field).ToString());
        Assert.Equal([(0, "ab"), (2, "cd"), (4, "e")], scanned.PartsOf(field).Select(part => (part.Offset, part.Text.ToString())));
        var segments = scanned.Segments.FindAll(segment => segment.Start >= field.Start && segment.Start < field.Start + field.Length);
        Assert.Equal(["ab", "c\\u0064", "e"], segments.Select(segment => Body.Substring(segment.TokenStart + 1, segment.TokenLength)));
    }

    [Theory]
    [InlineData("data:image/png;base64,AAAA", true)]
    [InlineData("data:image/svg+xml,%3Csvg", false)]
    [InlineData("data:text/plain,words", false)]
    [InlineData("data:;base64,not base64", false)]
    [InlineData("AAAA", false)]
    public void Scan_InThePlaceOfAPicture_OnlyWhatIsEncodedIsNotText(string url, bool isEncoded) =>
        Assert.Equal(isEncoded ? 0 : 1, Scan(Picture(url)).Fields.Count);

    [Theory]
    [InlineData(256, 1)]
    [InlineData(257, 0)]
    public void Scan_LongBase64InThePlaceOfAPicture_IsNoTextBeyondTheLimit(int length, int texts) =>
        Assert.Equal(texts, Scan(Picture(new string('A', length))).Fields.Count);

    [Fact]
    public void Scan_StructuralStringOneByteTooLong_IsText()
    {
        Assert.Empty(Scan($$"""{"model":"{{new string('x', JsonTextScanner.StructuralBytes)}}","messages":[]}""").Fields);
        Assert.Single(Scan($$"""{"model":"{{new string('x', JsonTextScanner.StructuralBytes + 1)}}","messages":[]}""").Fields);
    }

    [Fact]
    public void Scan_EncodedPicture_IsUnjudgedWithItsSize()
    {
        var scanned = Scan("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}""");

        Assert.Empty(scanned.Fields);
        var picture = Assert.Single(scanned.Unjudged);
        Assert.Equal(("image", 26), (picture.Kind, picture.Bytes));
    }

    [Fact]
    public void Scan_LinkedPicture_IsUnjudgedAndItsLinkIsText()
    {
        var scanned = Scan("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/x"}}]}]}""");

        Assert.Equal(["https://h/x"], Texts(scanned));
        Assert.Equal(("image", 0), (Assert.Single(scanned.Unjudged).Kind, scanned.Unjudged[0].Bytes));
    }

    [Theory]
    [InlineData("""{"messages":[""", nameof(ScanFault.Malformed))]
    [InlineData("""{"messages":[]}x""", nameof(ScanFault.Malformed))]
    [InlineData("[]", nameof(ScanFault.WrongType))]
    [InlineData("\"text\"", nameof(ScanFault.WrongType))]
    [InlineData("{}", nameof(ScanFault.MissingProperty))]
    [InlineData("""{"messages":"hi"}""", nameof(ScanFault.WrongType))]
    [InlineData("""{"messages":["hi"]}""", nameof(ScanFault.WrongType))]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", nameof(ScanFault.WrongType))]
    [InlineData("""{"messages":[],"stream":"yes"}""", nameof(ScanFault.WrongType))]
    [InlineData("""{"messages":[{"role":"user","content":"a","content":"b"}]}""", nameof(ScanFault.DuplicateProperty))]
    [InlineData("""{"messages":[{"role":"user","content":"a","cont\u0065nt":"b"}]}""", nameof(ScanFault.DuplicateProperty))]
    [InlineData("""{"messages":[],"messages":[]}""", nameof(ScanFault.DuplicateProperty))]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", nameof(ScanFault.InvalidText))]
    public void Scan_BadRequest_SaysWhy(string json, string expected) => Assert.Equal(expected, Scan(json).Fault.ToString());

    [Fact]
    public void Scan_DepthAtAndPastTheLimit_IsTakenAndRefused()
    {
        // messages, its object, and the rest in one extra property: 2 + n levels below the outermost.
        static string Nested(int levels) => $$"""{"messages":[],"x":{{new string('[', levels)}}{{new string(']', levels)}}}""";

        Assert.Equal(ScanFault.None, Scan(Nested(63)).Fault);
        Assert.Equal(ScanFault.TooDeep, Scan(Nested(64)).Fault);
    }

    [Fact]
    public void Scan_FieldsAtAndPastTheLimit_AreTakenAndRefused()
    {
        static string Messages(int count) =>
            $$"""{"messages":[{{string.Join(',', Enumerable.Repeat("""{"role":"user","content":"x"}""", count))}}]}""";

        Assert.Equal(ScanFault.None, Scan(Messages(10), fields: 10).Fault);
        Assert.Equal(ScanFault.TooManyFields, Scan(Messages(11), fields: 10).Fault);
    }

    [Fact]
    public void Scan_Answer_KnowsItsChoices()
    {
        var json = Encoding.UTF8.GetBytes("""{"id":"i","choices":[{"index":1,"message":{"content":"b"},"finish_reason":"stop"},{"index":0,"message":{"content":"a"},"finish_reason":null}]}""");
        var scanned = JsonTextScanner.Scan(json, ChatOperation.Answer!, 64, 100, new ScannedJson());

        Assert.Equal([1, 0], scanned.Groups.Select(group => group.Index));
        Assert.Equal([true, false], scanned.Groups.Select(group => group.IsFinished));
        Assert.Equal("""{"index":1,"message":{"content":"b"},"finish_reason":"stop"}""", Encoding.UTF8.GetString(json[scanned.Groups[0].ByteStart..scanned.Groups[0].ByteEnd]));
        Assert.Equal([0, 1], scanned.Fields.Select(field => field.Group));
        Assert.Equal("i", scanned.CapturedString(FieldCapture.Id, json));
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":"a"}}]}{"choices":[{"delta":{"content":"b"}}]}""", 2)]
    [InlineData("""{"choices":[{"delta":{"contents":"a"}}]}""", 2)]
    public void Scan_Event_TakesSeveralValuesAndUnknownNames(string json, int fields) =>
        Assert.Equal(fields, JsonTextScanner.Scan(Encoding.UTF8.GetBytes(json), ChatOperation.StreamEvent!, 64, 100, new ScannedJson(), isEvent: true).Fields.Count);

    [Fact]
    public void Scan_UnknownNameWrittenTwoWays_IsOneChannel()
    {
        var plain = JsonTextScanner.Scan("""{"choices":[{"delta":{"thought":"a"}}]}"""u8, ChatOperation.StreamEvent!, 64, 100, new ScannedJson()).Fields[^1].PathHash;
        var escaped = JsonTextScanner.Scan("""{"choices":[{"delta":{"thou\u0067ht":"a"}}]}"""u8, ChatOperation.StreamEvent!, 64, 100, new ScannedJson()).Fields[^1].PathHash;

        Assert.Equal(plain, escaped);
    }

    [Fact]
    public void Scan_CleanRequest_AllocatesNothing()
    {
        var json = Encoding.UTF8.GetBytes("""{"model":"gpt","stream":false,"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hello 你好"}]}""");
        var result = new ScannedJson();
        for (var i = 0; i < 50; i++) JsonTextScanner.Scan(json, ChatOperation.Request!, 64, 1000, result);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) JsonTextScanner.Scan(json, ChatOperation.Request!, 64, 1000, result);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Picture(string url) => """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"URL"}}]}]}""".Replace("URL", url, StringComparison.Ordinal);

    private static ScannedJson Scan(string json, int fields = 1000) =>
        JsonTextScanner.Scan(Encoding.UTF8.GetBytes(json), ChatOperation.Request!, 64, fields, new ScannedJson());

    private static List<string> Texts(ScannedJson scanned)
    {
        Assert.Equal(ScanFault.None, scanned.Fault);
        return [.. scanned.Fields.Select(field =>
        {
            var text = scanned.TextOf(field).ToString();
            if (field.IsName) text = $"<{text}>";
            return field.Rule == FieldRule.Watch ? $"({text})" : text;
        })];
    }
}
