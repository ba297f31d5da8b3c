using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Files that are text in another coding, and forms that can be read in two ways.</summary>
public sealed class EncodedFileTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Form = "multipart/form-data; boundary=B";

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,TEXT"}}]}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/octet-stream;base64,TEXT"}}]}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml;base64,TEXT"}}]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"role":"user","content":[{"type":"input_file","filename":"a.txt","file_data":"TEXT"}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"text/plain","data":"TEXT"}}]}]}""")]
    public async Task Document_InBase64_IsText(string path, string body)
    {
        foreach (var text in new[] { $"So {TestLexicon.Block} it is", $"那是{TestLexicon.BlockChinese}。", new string('x', 400) + TestLexicon.Block })
        {
            var upstream = gateway.Stub.Requests.Count;
            var exchange = await gateway.SendAsync(HttpMethod.Post, path, Fill(body, text));
            Assert.Equal(400, exchange.Status);
            Assert.Equal(upstream, gateway.Stub.Requests.Count);
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
        }
    }

    [Fact]
    public async Task GeminiDocument_InBase64_IsText()
    {
        foreach (var name in new[] { "inlineData\":{\"mimeType", "inline_data\":{\"mime_type" })
        {
            var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1beta/models/g:generateContent",
                Fill("""{"contents":[{"parts":[{"text":"ok"},{"NAME":"text/plain","data":"TEXT"}}]}]}""".Replace("NAME", name, StringComparison.Ordinal), $"So {TestLexicon.Block} it is"));
            Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["promptFeedback"]!["blockReason"]);
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
        }
    }

    [Fact]
    public async Task Document_ThatIsHarmless_PassesAndIsNotCalledUnjudgedWhereItCallsItselfText()
    {
        var body = Fill("""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,TEXT"}}]}]}""", new string('x', 300) + " All is well with the kestrel.");
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var exchange = await gateway.ChatAsync(body, script);
        Assert.Equal(body, Assert.Single(script.Requests).Body);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow);
        Assert.Empty(record.Json["request"]!["unjudged"] as System.Text.Json.Nodes.JsonArray ?? []);
    }

    [Theory]
    [InlineData("application/pdf", "%PDF-1.7 Fine.")]
    [InlineData("image/svg+xml", "<svg/>")]
    [InlineData("application/octet-stream", "Fine.")]
    public async Task Document_OfLettersAlone_IsStillNamedUnjudged(string type, string text)
    {
        var body = Fill("""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:TYPE;base64,TEXT"}}]}]}""".Replace("TYPE", type, StringComparison.Ordinal), text);
        var exchange = await gateway.ChatAsync(body, gateway.Stub.Json(ChatTranscripts.Answer("Fine.")));
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow);
        Assert.NotEmpty(record.Json["request"]!["unjudged"]!.AsArray());
    }

    [Theory]
    [InlineData("name=\"image\"; filename=\"a.png\"", "x\n--B\nContent-Disposition: form-data; name=\"prompt\"\n\nkestrelbane\n--B--")]
    [InlineData("name=\"image\"; filename=\"a.png\"", "x\r--B\rContent-Disposition: form-data; name=\"prompt\"\r\rkestrelbane")]
    [InlineData("name=\"image\"; filename=\"a.png\"; name=\"prompt\"", "kestrelbane")]
    [InlineData("name=\"prompt\"; name=\"image\"; filename=\"a.png\"", "kestrelbane")]
    [InlineData("name=\"image\"; filename=\"a.png\"; filename=\"kestrelbane\"", "x")]
    [InlineData("name=\"image\"; filename=\"a.png\"; filename*=utf-8''kestrelbane", "x")]
    [InlineData("name=\"image\"; filename=\"kestrelbane.png\"", "\u0089PNG")]
    [InlineData("name=\"image\"; filename=\"a.txt\"", "So kestrelbane it is")]
    [InlineData("name=\"image\"", "kestrelbane")]
    [InlineData("name=\"size\"", "kestrelbane")]
    [InlineData("name=\"kestrelbane\"", "1")]
    [InlineData("name=\"image\"; filename=\"a.png\"\r\nContent-Type: multipart/mixed; boundary=C", "--C\r\nContent-Disposition: file; filename=\"a\"\r\n\r\nkestrelbane\r\n--C--")]
    [InlineData("name=\"image\"; filename=\"a.png\"\r\nContent-Transfer-Encoding: base64", "a2VzdHJlbGJhbmU=")]
    [InlineData("name=\"prompt\"\r\nContent-Type: text/plain; charset=utf-16", "ok")]
    public async Task Form_ThatHidesATermOrHasTwoReadings_IsRefused(string disposition, string value)
    {
        var upstream = gateway.Stub.Requests.Count;
        var body = Encoding.UTF8.GetBytes($"--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n--B--\r\n");
        var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1/images/edits", body,
            adjust: request => request.Content!.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(Form));

        Assert.Equal(400, exchange.Status);
        Recorded.AssertHolds(exchange.Text, "the refusal");
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    private static byte[] Fill(string body, string text) => Encoding.UTF8.GetBytes(body.Replace("TEXT", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal));
}
