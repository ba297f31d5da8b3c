using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A policy changes while 200 answers are being streamed: each ends on the epoch it began with, and none fails. A bad file changes nothing and says why.</summary>
[Collection(OneAtATime.Name)]
public sealed class StreamingReloadTests
{
    private const int Streams = 200;

    [Fact]
    public async Task TwoHundredStreams_EndOnTheEpochTheyBeganWith()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var arrived = 0;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pieces = ChatEvents.Of("It is ", TestLexicon.Review, " and ", TestLexicon.OtherReview, ".").Frames;
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(pieces[0]);
            Interlocked.Increment(ref arrived);
            await release.Task;
            foreach (var piece in pieces.Skip(1)) await call.WriteAsync(piece);
        });
        var began = await gateway.EpochAsync();
        var streams = Enumerable.Range(0, Streams).Select(_ => gateway.AskAsync("Hello", script, stream: true)).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref arrived) == Streams), "every stream is under way");

        // Two review terms block; under the new policy they would only label.
        gateway.Replace("policies/default.json", GatewaySetup.PolicyOf(members: [("Tiers", new JsonObject { ["any"] = new JsonObject { ["review"] = "Label" } })]).ToJsonString());
        await Eventually.TrueAsync(async () => await gateway.EpochAsync() != began, "another epoch is in force");
        var newcomer = await gateway.AskAsync("Hello", gateway.Stub.Stream(pieces), stream: true);
        release.SetResult();
        var exchanges = await Task.WhenAll(streams);

        Assert.Contains(TestLexicon.OtherReview, newcomer.Text, StringComparison.Ordinal);
        Assert.NotEqual(began.Epoch, gateway.RecordedEpoch(newcomer).Epoch);
        foreach (var exchange in exchanges)
        {
            Assert.True(exchange is { Status: 200, IsComplete: true });
            Assert.DoesNotContain(TestLexicon.OtherReview, exchange.Text, StringComparison.Ordinal);
            Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
            Assert.Equal(began, gateway.RecordedEpoch(exchange));
        }
    }

    [Theory]
    [InlineData("policies/default.json", """{"OnFualt":"Allow"}""", "default.json:1: unknown key")]
    [InlineData("policies/base.json", """{"Extends":"default"}""", "the base extends nothing")]
    [InlineData("policies/candidate/default.json", """{"Mode":"Perhaps"}""", "candidate/default.json:1: Mode must be one of")]
    public async Task BadFile_KeepsTheOldEpoch_AndSaysWhy(string file, string content, string why)
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var before = await gateway.EpochAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(gateway.Host.Files[file])!);

        gateway.Replace(file, content);
        await Eventually.TrueAsync(async () => (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_refused") == 1, "the change is refused");

        Assert.Equal(before, await gateway.EpochAsync());
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Host.Logs.Replace("\\u0027", "'", StringComparison.Ordinal).Contains(why, StringComparison.Ordinal)), "the log says why");
        Assert.Equal(400, (await gateway.AskAsync(TestLexicon.Block)).Status);
    }
}
