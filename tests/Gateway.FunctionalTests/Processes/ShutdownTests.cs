using System.Net;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Processes;

/// <summary>SIGTERM: no new work, running exchanges end well or are cut in their protocol's shape, all are recorded.</summary>
[Collection(OneAtATime.Name)]
public sealed class ShutdownTests
{
    [Fact]
    public async Task Terminate_UnderLoad_EndsWithEveryRecord()
    {
        await using var stub = await StubModelServer.StartAsync();
        stub.Fallback = Load.AnswerAsync;
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = stub.Address });
        await using var load = Load.Start(gateway.Client);
        await load.ReachAsync(200);

        gateway.Child.Stop();
        await gateway.Child.ExitedAsync();
        await load.StopAsync();

        Assert.True(gateway.Child.ExitCode == 0, $"Exit code {gateway.Child.ExitCode}\n{gateway.Child.Output}\n{gateway.Child.Errors}");
        Recorded.AssertHolds(gateway.Child.Output + gateway.Child.Errors, "a log line");
        var records = gateway.Audit.Read().ToDictionary(record => record.Id, StringComparer.Ordinal);
        Assert.DoesNotContain(records.Values, record => record.Outcome is Outcomes.Open or Outcomes.Lost);
        foreach (var exchange in load.Delivered.Where(exchange => exchange.Status is 200 or 400))
        {
            Assert.True(records.TryGetValue(exchange.Id!, out var record), $"No record of {exchange.Id}.");
            Assert.Equal(exchange.Status == 400 ? Outcomes.Blocked : Outcomes.Completed, record.Outcome);
        }
    }

    [Fact]
    public async Task Terminate_WithARunningStream_LetsItFinish()
    {
        var release = new TaskCompletionSource();
        await using var stub = await StubModelServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = stub.Address });
        var (first, last) = (new ChatEvents().Role().Text("Good morning. "), new ChatEvents().Text("Goodbye.").Finish().Done());
        var script = stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(first);
            await release.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(last);
        });
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        gateway.Child.Stop();
        await Eventually.TrueAsync(async () => await gateway.ReadinessAsync() != HttpStatusCode.OK, "the gateway no longer says it is ready");
        Assert.False(gateway.Child.HasExited);
        release.SetResult();
        var exchange = await Exchange.ReadAsync(response);
        await gateway.Child.ExitedAsync();

        Assert.Equal((byte[])[.. first.Bytes, .. last.Bytes], exchange.Body);
        Assert.Equal(0, gateway.Child.ExitCode);
        Assert.Equal(Outcomes.Completed, Assert.Single(gateway.Audit.Find(exchange.Id!)).Outcome);
    }

    [Fact]
    public async Task Terminate_WithAStreamThatDoesNotEnd_CutsItInItsShape()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Arguments = ["--Gateway:Limits:ShutdownSeconds=1"],
        });
        var script = stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. "));
            await call.Cancelled;
        });
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        gateway.Child.Stop();
        var exchange = await Exchange.ReadAsync(response);
        await gateway.Child.ExitedAsync();

        Assert.True(exchange.IsComplete, "The connection broke instead of ending in the protocol's shape.");
        Assert.Equal("Good morning. ", exchange.Events.Text());
        Assert.NotNull(exchange.Events.ErrorCode);
        Assert.False(exchange.Events.IsDone);
        Assert.Equal(0, gateway.Child.ExitCode);
        Assert.Equal(Outcomes.Cut, Assert.Single(gateway.Audit.Find(exchange.Id!)).Outcome);
        await (await script.Called).Cancelled.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Terminate_WithABufferedAnswerPending_AnswersInJson()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Arguments = ["--Gateway:Limits:ShutdownSeconds=1"],
        });
        var script = stub.Never();
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), script.Id);
        var sending = gateway.Client.SendAsync(request);
        await script.Called;

        gateway.Child.Stop();
        using var response = await sending;
        var exchange = await Exchange.ReadAsync(response);
        await gateway.Child.ExitedAsync();

        Assert.Equal(503, exchange.Status);
        Refusals.AssertError(exchange);
        Assert.Equal(0, gateway.Child.ExitCode);
        Assert.Equal(Outcomes.Cut, Assert.Single(gateway.Audit.Find(exchange.Id!)).Outcome);
    }
}
