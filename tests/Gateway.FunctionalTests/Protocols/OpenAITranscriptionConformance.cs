using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>Transcriptions: a form goes in, with a file that nobody judges and fields that are judged; text comes out.</summary>
public sealed class OpenAITranscriptionConformance(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Path = "/v1/audio/transcriptions";
    private static readonly byte[] Sound = [0x49, 0x44, 0x33, 4, 0, 0, 0xFF, 0xFB, 0x90, 0, 0xC3, 0x28];

    [Fact]
    public async Task Form_Clean_IsForwardedAsItIsWithItsFileUnjudged()
    {
        var answer = Transcript.Load("openai-audio.json").Bytes("Good morning.");
        var script = gateway.Stub.Json(answer);
        var form = Form(("model", "whisper-1"), ("prompt", "A talk about birds 鸟"));

        var exchange = await SendAsync(form, script);

        Assert.Equal(200, exchange.Status);
        Assert.Equal(answer, exchange.Body);
        Assert.Equal(form, Assert.Single(script.Requests).Body);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Contains(record.Json["request"]!["unjudged"]!.AsArray(), part => (string?)part!["kind"] == "audio" && (long?)part["bytes"] == Sound.Length);
        Assert.Equal("whisper-1", (string?)record.Json["model"]);
    }

    [Theory]
    [InlineData("prompt")]
    [InlineData("unknown_field")]
    [InlineData("timestamp_granularities[]")]
    public async Task Form_WithTheTermInAField_IsRefused(string field)
    {
        var script = gateway.Stub.Json(Transcript.Load("openai-audio.json").Bytes("Fine."));

        var exchange = await SendAsync(Form(("model", "whisper-1"), (field, $"about {TestLexicon.BlockChinese} and so on")), script);

        Refusals.AssertBlockedPrompt(exchange);
        Assert.Empty(script.Requests);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Theory]
    [InlineData("Content-Type: text/plain; charset=gb2312", "a")]
    [InlineData("Content-Transfer-Encoding: base64", "a")]
    [InlineData("X-Other: 1", "a")]
    public async Task Case_24_Form_ThatCanBeReadTwoWays_IsRefused(string header, string value)
    {
        var script = gateway.Stub.Json(Transcript.Load("openai-audio.json").Bytes("Fine."));
        var body = Encoding.UTF8.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n{header}\r\n\r\n{value}\r\n--b--\r\n");

        var exchange = await SendAsync(body, script);

        Assert.Equal(400, exchange.Status);
        Refusals.AssertError(exchange, code: "invalid_form");
        Assert.Empty(script.Requests);
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nkestrelbane\r\n")]
    [InlineData("preamble\r\n--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx\r\n--b--\r\nkestrelbane")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"prompt\"; filename=\"a.txt\"\r\n\r\nkestrelbane\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''a\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("--b\nContent-Disposition: form-data; name=\"prompt\"\n\nkestrelbane\n--b--\n")]
    public async Task Form_Broken_IsRefused(string form)
    {
        var script = gateway.Stub.Json(Transcript.Load("openai-audio.json").Bytes("Fine."));

        var exchange = await SendAsync(Encoding.UTF8.GetBytes(form), script);

        Assert.Equal(400, exchange.Status);
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task Form_FieldOfInvalidUtf8_IsRefused()
    {
        byte[] body = [.. "--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n"u8, 0xE8, 0xB5, .. "\r\n--b--\r\n"u8];

        var exchange = await SendAsync(body, gateway.Stub.Json([]));

        Assert.Equal(400, exchange.Status);
        Refusals.AssertError(exchange, code: "invalid_utf8");
    }

    [Fact]
    public async Task Answer_WithTheTerm_IsWithheld()
    {
        var exchange = await SendAsync(Form(("model", "m")), gateway.Stub.Json(Transcript.Load("openai-audio.json").Bytes($"He said {TestLexicon.Block}.")));

        Assert.Equal(400, exchange.Status);
        Refusals.AssertError(exchange, code: "content_filter");
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task PlainTextAnswer_WithTheTerm_IsWithheld()
    {
        var script = gateway.Stub.Script(call => call.AnswerAsync(Encoding.UTF8.GetBytes($"1\n00:00 --> 00:01\n{TestLexicon.Block}\n"), 200, "text/plain"));

        var exchange = await SendAsync(Form(("model", "m"), ("response_format", "srt")), script);

        Assert.Equal(400, exchange.Status);
        Recorded.AssertHolds(exchange.Text, "the answer");
    }

    [Fact]
    public async Task Stream_WithTheTerm_EndsWithTheError()
    {
        var transcript = Transcript.Load("openai-audio.sse");
        var clean = await SendAsync(Form(("model", "m"), ("stream", "true")), gateway.Stub.Stream(transcript.Frames("Good ", "morning")));
        var blocked = await SendAsync(Form(("model", "m"), ("stream", "true")), gateway.Stub.Stream(transcript.Frames("So kes", "trelbane", " it is")));

        Assert.Equal(transcript.Bytes("Good ", "morning"), clean.Body);
        Recorded.AssertHolds(blocked.Text, "the stream");
        Assert.Equal("content_filter", blocked.Events.ErrorCode);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    private static byte[] Form(params (string Name, string Value)[] fields)
    {
        using var form = new MemoryStream();
        foreach (var (name, value) in fields) form.Write(Encoding.UTF8.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        form.Write("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"talk.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n"u8);
        form.Write(Sound);
        form.Write("\r\n--b--\r\n"u8);
        return form.ToArray();
    }

    private Task<Exchange> SendAsync(byte[] body, StubScript script) => gateway.SendAsync(HttpMethod.Post, Path, body, script.Id, request =>
        request.Content!.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b"));
}
