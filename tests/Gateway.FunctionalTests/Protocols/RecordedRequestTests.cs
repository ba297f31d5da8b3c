using System.Net.Http.Headers;
using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>
/// What the official clients really send: passes byte for byte, and no string of it goes unread. Beside each recording lies what becomes of a
/// block term at each of its places: <c>refused</c>, or <c>recorded</c> where policy watches. <c>GATEWAY_WRITE_CENSUS=1</c> writes these lists anew.
/// </summary>
public sealed class RecordedRequestTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    public static TheoryData<string> Names => [.. RecordedRequest.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_Allowed_IsForwardedByteForByte(string name)
    {
        var request = RecordedRequest.Load(name);
        var script = Answer(request);

        var exchange = await SendAsync(request, request.Body, script);

        Assert.True(exchange.Status == 200, exchange.Text);
        var forwarded = Assert.Single(script.Requests);
        Assert.Equal(request.Body, forwarded.Body);
        Assert.Equal(request.Path, forwarded.Path);
        Assert.Equal(request.ContentType, forwarded.Headers["content-type"]);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Empty(record.RequestDetections);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_WithATermAtAnyPlace_IsRefusedOrRecordedAsListed(string name)
    {
        var request = RecordedRequest.Load(name);
        var found = new StringBuilder();
        foreach (var (place, body) in request.Planted($" {TestLexicon.BlockChinese}"))
        {
            var script = Answer(request);
            var exchange = await SendAsync(request, body, script);
            if (exchange.Action == Actions.Block)
            {
                Assert.Empty(script.Requests);
                await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
                found.Append($"{place} refused\n");
                continue;
            }

            Assert.True(exchange.Status == 200, $"{place}: {exchange.Text}");
            var record = await gateway.RecordAsync(exchange, Outcomes.Completed);
            Assert.True(record.RequestDetections.Count > 0, $"{place} was not read.");
            found.Append($"{place} recorded\n");
        }

        var list = Path.Combine(RecordedRequest.Folder, name + ".fields");
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_CENSUS") == "1") await File.WriteAllTextAsync(list, found.ToString());
        Assert.Equal(await File.ReadAllTextAsync(list), found.ToString());
    }

    [Fact]
    public void EveryRecording_HasItsList() =>
        Assert.Equal(RecordedRequest.Names, Directory.EnumerateFiles(RecordedRequest.Folder, "*.fields").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    private StubScript Answer(RecordedRequest request) =>
        gateway.Stub.Json(request.Path.StartsWith("/api/", StringComparison.Ordinal) ? """{"model":"m","done":true}"""u8.ToArray() : "{}"u8.ToArray());

    private Task<Exchange> SendAsync(RecordedRequest request, byte[] body, StubScript script) => gateway.SendAsync(HttpMethod.Post, request.Path, body, script.Id,
        message => message.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType));
}
