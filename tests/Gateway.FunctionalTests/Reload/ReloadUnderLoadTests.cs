using System.Net;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Reload;

/// <summary>Reloads while clients ask without pause, and the signal that asks for one.</summary>
[Collection(OneAtATime.Name)]
public sealed class ReloadUnderLoadTests
{
    private const int Reloads = 10;

    [Fact]
    public async Task Case_71_EveryExchange_IsJudgedByOneEpochAndSaysWhich()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        gateway.Stub.Fallback = Load.AnswerAsync;
        var without = await gateway.EpochAsync();
        var asked = new List<Exchange>();
        var notReady = 0;
        using var stop = new CancellationTokenSource();
        await using var load = Load.Start(gateway.Host.Client);
        var asking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                asked.Add(await gateway.AskAsync($"Tell me of {ReloadingGateway.Added}."));
                using var ready = await gateway.Host.Admin.GetAsync(new Uri("/readyz", UriKind.Relative));
                if (ready.StatusCode != HttpStatusCode.OK) notReady++;
            }
        });

        ReloadingGateway.EpochName? with = null;
        for (var round = 0; round < Reloads; round++)
        {
            var now = await gateway.ReloadAsync(round % 2 == 0 ? ReloadingGateway.LongerLexicon : TestLexicon.Lines);
            if (round == 0) with = now;
            Assert.Equal(round % 2 == 0 ? with : without, now);
            await load.ReachAsync(40 * (round + 1));
        }

        await stop.CancelAsync();
        await asking.WaitAsync(Eventually.Patience);
        await load.StopAsync();

        Assert.Equal(0, load.Broken);
        Assert.Equal(0, notReady);
        Assert.Equal(Reloads, (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_reloads_total", "result=\"applied\""));
        var records = gateway.Host.Audit.Read().ToDictionary(record => record.Id, StringComparer.Ordinal);
        foreach (var exchange in asked)
        {
            var judgedBy = ReloadingGateway.EpochOf(records[exchange.Id!].Json);
            Assert.Equal(exchange.Status == 400 ? with : without, judgedBy);
        }

        Assert.Contains(asked, exchange => exchange.Status == 400);
        Assert.Contains(asked, exchange => exchange.Status == 200);
        Assert.All(load.Delivered, exchange => Assert.Equal(exchange.Status == 400 ? Outcomes.Blocked : Outcomes.Completed, records[exchange.Id!].Outcome));
    }

    [Fact]
    public async Task HangUp_MakesAGatewayLookThatDoesNotPoll()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = stub.Address, Arguments = ["--Gateway:Reload:PollSeconds=0"] });
        gateway.Files.Write("lexicons/test.tsv", ReloadingGateway.LongerLexicon);

        gateway.Child.HangUp();
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_epoch_reloads_total", "result=\"applied\"") == 1, "the files were taken");

        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(ReloadingGateway.Added), null);
        using var response = await gateway.Client.SendAsync(request);
        Refusals.AssertBlockedPrompt(await Exchange.ReadAsync(response));
        Assert.False(gateway.Child.HasExited);
    }
}
