using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Processes;

/// <summary><c>kill -9</c> under load: whatever a client received whole has its record when the gateway is back.</summary>
[Collection(OneAtATime.Name)]
public sealed class CrashTests
{
    [Fact]
    public async Task Kill_UnderLoad_LosesNoRecordOfADeliveredAnswer()
    {
        await using var stub = await StubModelServer.StartAsync();
        stub.Fallback = Load.AnswerAsync;
        using var files = new TempDirectory();
        var setup = new GatewaySetup { Upstream = stub.Address, AuditDirectory = files.Folder("audit") };
        var delivered = new List<Exchange>();
        for (var round = 0; round < 3; round++)
        {
            await using var gateway = await GatewayProcess.StartAsync(setup);
            await using var load = Load.Start(gateway.Client);
            await load.ReachAsync(150);
            gateway.Child.Kill();
            await gateway.Child.ExitedAsync();
            await load.StopAsync();
            delivered.AddRange(load.Delivered);
        }

        await using (var recovered = await GatewayProcess.StartAsync(setup))
        {
            // The start alone recovers: every exchange has an end now.
            var records = recovered.Audit.Read();
            Assert.DoesNotContain(records, record => record.Outcome == Outcomes.Open);
            Assert.Equal(records.Count, records.Select(record => record.Id).Distinct(StringComparer.Ordinal).Count());
            var byId = records.ToDictionary(record => record.Id, StringComparer.Ordinal);
            foreach (var exchange in delivered)
            {
                Assert.True(byId.TryGetValue(exchange.Id!, out var record), $"No record of the delivered exchange {exchange.Id}.");
                Assert.Equal(exchange.Status == 400 ? Outcomes.Blocked : Outcomes.Completed, record.Outcome);
                Assert.Equal(exchange.Status, record.Status);
            }

            // What was running when the process died is there too, as lost.
            Assert.All(records.Where(record => record.Outcome == Outcomes.Lost), record => Assert.DoesNotContain(delivered, exchange => exchange.Id == record.Id));
        }

        await using var verified = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "verify", setup.AuditDirectory]);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Errors);
    }

    [Fact]
    public async Task Kill_InMidStream_LeavesALostExchange()
    {
        await using var stub = await StubModelServer.StartAsync();
        using var files = new TempDirectory();
        var setup = new GatewaySetup { Upstream = stub.Address, AuditDirectory = files.Folder("audit") };
        var script = stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning to you. "));
            await call.Cancelled;
        });
        string id;
        await using (var gateway = await GatewayProcess.StartAsync(setup))
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
            using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            id = Exchange.HeadersOf(response)["gateway-request-id"];
            await using var body = await response.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await body.ReadAsync(new byte[100]));
            Assert.Equal(Outcomes.Open, Assert.Single(gateway.Audit.Find(id)).Outcome);
            gateway.Child.Kill();
            await gateway.Child.ExitedAsync();
        }

        await using var recovered = await GatewayProcess.StartAsync(setup);

        Assert.Equal(Outcomes.Lost, Assert.Single(recovered.Audit.Find(id)).Outcome);
    }
}
