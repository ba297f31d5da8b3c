using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>A prompt with a block term never reaches the model server, wherever and however the term hides.</summary>
public sealed class BlockedPromptTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    public static TheoryData<string> BlockedNames => new(PromptCases.Blocked.Keys);

    public static TheoryData<string> UnjudgeableNames => new(PromptCases.Unjudgeable.Keys);

    [Theory]
    [MemberData(nameof(BlockedNames))]
    public async Task Prompt_WithABlockTerm_IsRefusedAndNotForwarded(string name)
    {
        foreach (var stream in new[] { false, true })
        {
            var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));

            var exchange = await gateway.ChatAsync(PromptCases.Blocked[name](stream), script);

            Refusals.AssertBlockedPrompt(exchange);
            Assert.Empty(script.Requests);
            var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
            var detection = Assert.IsType<System.Text.Json.Nodes.JsonObject>(record.RequestDetections[0]);
            Assert.Equal(TestLexicon.BlockRisk, (string?)detection["risk"]);
        }
    }

    [Theory]
    [MemberData(nameof(UnjudgeableNames))]
    public async Task Request_ThatCannotBeJudged_IsRefusedWith400(string name)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));

        var exchange = await gateway.ChatAsync(PromptCases.Unjudgeable[name], script);

        Assert.True(exchange.Status == 400, $"Status {exchange.Status}: {exchange.Text}");
        Refusals.AssertError(exchange, "invalid_request_error");
        Assert.Empty(script.Requests);
        await gateway.RecordAsync(exchange, Outcomes.Refused);
    }

    [Fact]
    public async Task Refusals_OfDifferentTerms_AreTheSameMessage()
    {
        var one = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block));
        var other = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.BlockChinese));

        Assert.Equal(one.Text, other.Text);
        Assert.DoesNotContain(TestLexicon.BlockRisk, one.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("keyword", one.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("tsv", one.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(one.Headers, header => header.Value.Contains(TestLexicon.BlockRisk, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("a term inside a longer allowed one", "The " + TestLexicon.Allowed + " is open.")]
    [InlineData("the beginning of a term", "A " + TestLexicon.BenignPrefix + " flew by.")]
    [InlineData("a watch term", "This is a " + TestLexicon.Watch + ".")]
    [InlineData("a term over a turn's end", "kestrel")]
    public async Task Prompt_WithABenignTwin_Passes(string why, string prompt)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        Assert.NotEmpty(why);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request(prompt), script);

        Assert.Equal(200, exchange.Status);
        Assert.Single(script.Requests);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Prompt_WithAWatchTerm_IsForwardedAndRecorded()
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request($"This is a {TestLexicon.Watch}."));

        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Single(record.RequestDetections);
    }

    [Fact]
    public async Task Prompt_WithTwoDifferentReviewTerms_IsBlocked()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request($"{TestLexicon.Review} and {TestLexicon.OtherReview}"), script);

        Refusals.AssertBlockedPrompt(exchange);
        Assert.Empty(script.Requests);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Fact]
    public async Task Prompt_WithOneReviewTermTwice_IsNotBlocked()
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request($"{TestLexicon.Review} and {TestLexicon.Review}"));

        Assert.Equal(200, exchange.Status);
        Assert.Equal(Actions.Label, exchange.Action);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Label);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    [InlineData("x-unknown")]
    public async Task Case_21_Prompt_Compressed_IsDecodedOrRefusedNeverForwardedUnread(string coding)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));
        var body = ChatTranscripts.Request($"Tell me of {TestLexicon.Block}");
        foreach (var part in coding.Split(", ")) body = Compress(body, part);

        var exchange = await gateway.ChatAsync(body, script, request =>
        {
            foreach (var part in coding.Split(", ")) request.Content!.Headers.ContentEncoding.Add(part);
        });

        Assert.Empty(script.Requests);
        Assert.True(exchange.Status is 400 or 415, $"Status {exchange.Status}");
        Refusals.AssertError(exchange);
        await Recorded.NoLeakAsync(gateway.Host, exchange);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Body_ThatIsNotWhatItsCodingSays_IsRefused()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script, request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.Empty(script.Requests);
        Assert.True(exchange.Status is 400 or 415, $"Status {exchange.Status}");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Case_22_Body_ThatUnpacksToTooMuch_IsRefusedBeforeItIsUnpacked()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var megabyte = 0; megabyte < 64; megabyte++) await gzip.WriteAsync(zeros);
        }

        var exchange = await gateway.ChatAsync(packed.ToArray(), script, request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.Empty(script.Requests);
        Assert.True(exchange.Status is 413 or 415, $"Status {exchange.Status}");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Case_25_Body_WithALyingContentType_IsJudgedOrRefused(string? contentType)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block), script, request =>
            request.Content!.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType));

        Assert.Empty(script.Requests);
        Assert.True(exchange.Status is 400 or 415, $"Status {exchange.Status}");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
        await Recorded.NoLeakAsync(gateway.Host, exchange);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16be")]
    [InlineData("utf-32")]
    public async Task Body_InAnotherCharset_IsTranscodedOrRefused(string charset)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));
        var body = Encoding.GetEncoding(charset).GetBytes(Encoding.UTF8.GetString(ChatTranscripts.Request(TestLexicon.Block)));

        var exchange = await gateway.ChatAsync(body, script, request =>
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse($"application/json; charset={charset}"));

        Assert.Empty(script.Requests);
        Assert.True(exchange.Status is 400 or 415, $"Status {exchange.Status}");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Case_27_Body_InChunksThatCutTheTerm_IsBlocked()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));
        var head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"{StubModelServer.ScriptHeader}: {script.Id}\r\nTransfer-Encoding: chunked\r\nTrailer: X-After\r\n\r\n";
        var pieces = Chunked.Every(ChatTranscripts.Request(TestLexicon.BlockChinese), 5).Select(piece => (byte[])[.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);

        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, [Encoding.ASCII.GetBytes(head), .. pieces, "0\r\nX-After: 1\r\n\r\n"u8.ToArray()]);

        Assert.Equal(400, answer.Status);
        Assert.Contains("content_filter", answer.Body, StringComparison.Ordinal);
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task Case_28_Wishes_ToSkipTheGuard_AreIgnored()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));
        var request = ChatTranscripts.RequestNode([ChatTranscripts.Turn("user", TestLexicon.Block)]);
        request["metadata"] = new System.Text.Json.Nodes.JsonObject { ["guardrails"] = "off" };

        var exchange = await gateway.ChatAsync(ChatTranscripts.Bytes(request), script, message =>
        {
            message.Headers.Add("Gateway-Policy", "none");
            message.Headers.Add("X-Guardrails", "[]");
            message.Headers.Add("X-Consumer", "vip");
        });

        Refusals.AssertBlockedPrompt(exchange);
        Assert.Empty(script.Requests);
    }

    private static byte[] Compress(byte[] body, string coding)
    {
        using var packed = new MemoryStream();
        using (Stream? packing = coding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => null,
        })
        {
            if (packing is null) return body;
            packing.Write(body);
        }

        return packed.ToArray();
    }
}
