using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>What other tests rely on: pieces that arrive as pieces, and a reader of streams that agrees with the format.</summary>
public sealed class TestSupportTests
{
    [Fact]
    public async Task Cut_Pieces_ArriveAsOneReadEach()
    {
        await using var server = await StubModelServer.StartAsync();
        var pieces = Enumerable.Range(10, 50).Select(index => Encoding.ASCII.GetBytes($"piece {index};")).ToList();
        var script = server.Cut(pieces);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: x\r\n{StubModelServer.ScriptHeader}: {script.Id}\r\nContent-Length: 0\r\n\r\n"));

        var reads = new List<string>();
        var buffer = new byte[4096];
        while (reads.Count == 0 || reads[^1] != "0\r\n\r\n")
            reads.Add(Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer).WaitAsync(Eventually.Patience)));

        Assert.StartsWith("HTTP/1.1 200", reads[0], StringComparison.Ordinal);
        Assert.Equal(pieces.Select(piece => $"9\r\n{Encoding.ASCII.GetString(piece)}\r\n"), reads.Skip(1).SkipLast(1));
    }

    [Fact]
    public async Task Abort_AfterAWrite_TakesNothingBack()
    {
        await using var server = await StubModelServer.StartAsync();
        var script = server.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync("all of this");
            await call.AbortAsync();
        });
        using var client = new HttpClient();
        for (var round = 0; round < 20; round++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, server.Address);
            request.Headers.Add(StubModelServer.ScriptHeader, script.Id);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var exchange = await Exchange.ReadAsync(response);

            Assert.Equal("all of this", exchange.Text);
            Assert.False(exchange.IsComplete);
        }
    }

    [Fact]
    public void Chunked_AnyCut_JoinsToTheWhole()
    {
        var bytes = Encoding.UTF8.GetBytes("Good morning 早上好");
        for (var seed = 0; seed < 100; seed++) Assert.Equal(bytes, Chunked.BySeed(bytes, seed).SelectMany(piece => piece));
        for (var size = 1; size < 30; size++) Assert.Equal(bytes, Chunked.Every(bytes, size).SelectMany(piece => piece));
        Assert.Equal(2, Chunked.At(bytes, 3).Count);
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\ndata: [DONE]\n\n", "ab", true)]
    [InlineData("\uFEFFdata:{\"choices\":[{\"index\":0,\ndata:\"delta\":{\"content\":\"ab\"}}]}\n\n: c\n\ndata:[DONE]", "ab", true)]
    [InlineData("event: x\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}]}\r\r", "ab", false)]
    public void ReceivedEvents_OfAnySpelling_ReadsTheText(string stream, string text, bool done)
    {
        var events = new ReceivedEvents(Encoding.UTF8.GetBytes(stream));

        Assert.Equal(text, events.Text());
        Assert.Equal(done, events.IsDone);
    }
}
