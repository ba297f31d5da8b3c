using System.ClientModel;
using System.ClientModel.Primitives;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using OpenAI;
using OpenAI.Chat;

namespace Gateway.FunctionalTests.Clients;

/// <summary>The official OpenAI client for .NET through the gateway: what it returns and what it throws.</summary>
public sealed class OpenAIClientTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Fact]
    public async Task CompleteChat_Clean_ReturnsTheAnswer()
    {
        var client = ClientOf(gateway.Stub.Json(ChatTranscripts.Answer("Good morning 早")));

        ChatCompletion answer = await client.CompleteChatAsync([new UserChatMessage("Hello")]).WaitAsync(Eventually.Patience);

        Assert.Equal("Good morning 早", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(18, answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task CompleteChat_BlockedPrompt_ThrowsWithStatus400()
    {
        var client = ClientOf(gateway.Stub.Json(ChatTranscripts.Answer("The model server was called.")));

        var thrown = await Assert.ThrowsAsync<ClientResultException>(
            () => client.CompleteChatAsync([new UserChatMessage(TestLexicon.Block)]).WaitAsync(Eventually.Patience));

        Assert.Equal(400, thrown.Status);
        Assert.Contains("content_filter", thrown.Message, StringComparison.Ordinal);
        Recorded.AssertHolds(thrown.Message, "the exception");
    }

    [Fact]
    public async Task CompleteChat_BlockedAnswer_ReturnsContentFilter()
    {
        var client = ClientOf(gateway.Stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}")));

        ChatCompletion answer = await client.CompleteChatAsync([new UserChatMessage("Hello")]).WaitAsync(Eventually.Patience);

        Assert.Equal(ChatFinishReason.ContentFilter, answer.FinishReason);
        Assert.All(answer.Content, part => Assert.Equal("", part.Text));
        Assert.Empty(answer.ToolCalls);
    }

    [Fact]
    public async Task CompleteChatStreaming_Clean_YieldsTheAnswer()
    {
        var (text, reason) = await StreamAsync(ClientOf(gateway.Stub.Stream(ChatEvents.OfRunes("Good morning 早. And kestrel"))), "Hello");

        Assert.Equal("Good morning 早. And kestrel", text);
        Assert.Equal(ChatFinishReason.Stop, reason);
    }

    [Fact]
    public async Task CompleteChatStreaming_BlockedPrompt_ThrowsWithStatus400()
    {
        var client = ClientOf(gateway.Stub.Stream(ChatEvents.Of("The model server was called.")));

        var thrown = await Assert.ThrowsAsync<ClientResultException>(() => StreamAsync(client, TestLexicon.BlockChinese));

        Assert.Equal(400, thrown.Status);
    }

    [Fact]
    public async Task CompleteChatStreaming_BlockedInMidStream_EndsWithContentFilter()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. ").Text("kestrel").Text("bane").Text(" and more"));
            await call.Cancelled;
        });

        var (text, reason) = await StreamAsync(ClientOf(script), "Hello");

        Assert.Equal(ChatFinishReason.ContentFilter, reason);
        Recorded.AssertHolds(text, "what the client saw");
    }

    [Fact]
    public async Task CompleteChatStreaming_UpstreamDying_NeverHangs()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. "));
            await call.AbortAsync();
        });

        // The .NET client may raise the error event or skip it; what it must not do is take the stream for complete.
        ChatFinishReason? reason = null;
        try
        {
            (_, reason) = await StreamAsync(ClientOf(script), "Hello");
        }
        catch (Exception raised) when (raised is not TimeoutException)
        {
            Recorded.AssertHolds(raised.Message, "the exception");
        }

        Assert.Null(reason);
    }

    [Fact]
    public async Task GenerateEmbedding_CleanAndBlocked_ReturnsNumbersAndThrows()
    {
        var numbers = Convert.ToBase64String([.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(-2f)]);
        var script = gateway.Stub.Json(System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":"{{{numbers}}}"}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}"""));
        var client = Of().GetEmbeddingClient(script.Id);

        var answer = await client.GenerateEmbeddingAsync("Hello").WaitAsync(Eventually.Patience);
        var thrown = await Assert.ThrowsAsync<ClientResultException>(() => client.GenerateEmbeddingAsync(TestLexicon.Block).WaitAsync(Eventually.Patience));

        Assert.Equal([0.5f, -2f], answer.Value.ToFloats().ToArray());
        Assert.Equal(400, thrown.Status);
        Assert.Contains("content_filter", thrown.Message, StringComparison.Ordinal);
        Assert.Single(script.Requests);
    }

    private static async Task<(string Text, ChatFinishReason? Reason)> StreamAsync(ChatClient client, string prompt)
    {
        return await ReadAsync().WaitAsync(Eventually.Patience);

        async Task<(string, ChatFinishReason?)> ReadAsync()
        {
            var text = "";
            ChatFinishReason? reason = null;
            await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage(prompt)]))
            {
                text += string.Concat(update.ContentUpdate.Select(part => part.Text));
                reason = update.FinishReason ?? reason;
            }

            return (text, reason);
        }
    }

    /// <summary>The script's id travels as the model's name.</summary>
    private ChatClient ClientOf(StubScript script) => Of().GetChatClient(script.Id);

    private OpenAIClient Of() => new(new ApiKeyCredential("test-key"), new OpenAIClientOptions
    {
        Endpoint = new Uri(gateway.Host.Address, "/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    });
}
