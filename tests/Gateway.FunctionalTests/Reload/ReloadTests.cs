using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.FunctionalTests.Reload;

/// <summary>
/// Lexicons and policies that change while the gateway serves. Alone, because gateways of one process share their meters:
/// what one says of its epoch would stand on the other's page.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class ReloadTests
{
    private const int Streams = 40;

    [Fact]
    public async Task NewTerm_IsInForceForTheNextExchange()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var first = await gateway.EpochAsync();
        var passed = await gateway.AskAsync($"What is {ReloadingGateway.Added}?");

        var second = await gateway.ReloadAsync(ReloadingGateway.LongerLexicon);
        var blocked = await gateway.AskAsync($"What is {ReloadingGateway.Added}?");

        Assert.Equal(200, passed.Status);
        Assert.Equal(first, gateway.RecordedEpoch(passed));
        Refusals.AssertBlockedPrompt(blocked);
        Assert.Equal(second, gateway.RecordedEpoch(blocked));
        Assert.NotEqual(first.Lexicon, second.Lexicon);
        var metrics = await gateway.Host.MetricsAsync();
        Assert.Equal(1, metrics.Sum("gateway_epoch_reloads_total", "result=\"applied\""));
        Assert.Equal(0, metrics.Sum("gateway_epoch_reloads_total", "result=\"refused\""));
        Assert.Equal(TestLexicon.BlockTerms.Count + 1, metrics.Sum("gateway_lexicon_terms", "tier=\"block\""));
        Assert.InRange(metrics.Sum("gateway_lexicon_age_seconds"), 0, 60);
        Assert.Contains($"\"Epoch\":\"{second.Epoch}\"", gateway.Host.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstLexiconAgain_GivesTheFirstEpochAgain()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var first = await gateway.EpochAsync();

        await gateway.ReloadAsync(ReloadingGateway.LongerLexicon);
        var third = await gateway.ReloadAsync(TestLexicon.Lines);

        Assert.Equal(first, third);
        Assert.Equal(200, (await gateway.AskAsync($"What is {ReloadingGateway.Added}?")).Status);
    }

    [Fact]
    public async Task NewPolicy_IsInForceForTheNextExchange()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var first = await gateway.EpochAsync();
        var blocked = await gateway.AskAsync(TestLexicon.Block);

        gateway.Replace("policies/default.json", GatewaySetup.PolicyOf(mode: "Monitor").ToJsonString());
        await Eventually.TrueAsync(async () => await gateway.EpochAsync() != first, "another epoch is in force");
        var watched = await gateway.AskAsync(TestLexicon.Block);

        Assert.Equal(400, blocked.Status);
        Assert.Equal(200, watched.Status);
        Assert.Equal(first, gateway.RecordedEpoch(blocked));
        Assert.Equal(await gateway.EpochAsync(), gateway.RecordedEpoch(watched));
    }

    [Fact]
    public async Task ManyLiveStreams_FinishOnTheirEpoch()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Far away in the valley. "));
            await goOn.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(new ChatEvents().Texts(["They call it ", "thornwick", "vale ", "there."]).Finish().Done());
        });
        var first = await gateway.EpochAsync();
        var running = Enumerable.Range(0, Streams).Select(_ => gateway.AskAsync("Hello", script, stream: true)).ToArray();
        await Eventually.TrueAsync(() => script.Requests.Count == Streams, "every stream has begun");

        var second = await gateway.ReloadAsync(ReloadingGateway.LongerLexicon);
        var late = gateway.AskAsync("Hello", script, stream: true);
        await Eventually.TrueAsync(() => script.Requests.Count == Streams + 1, "the late stream has begun");
        goOn.SetResult();

        foreach (var exchange in await Task.WhenAll(running))
        {
            Assert.Equal("Far away in the valley. They call it thornwickvale there.", exchange.Events.Text());
            Assert.True(exchange.Events.IsDone);
            Assert.Equal(first, gateway.RecordedEpoch(exchange));
        }

        Refusals.AssertCut(await late, "Far away in the valley. They call it ");
        Assert.Equal(second, gateway.RecordedEpoch(await late));
    }

    [Fact]
    public async Task EpochThatWasReplaced_IsGoneWithItsLastExchange()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Far away in the valley. "));
            await goOn.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(new ChatEvents().Finish().Done());
        });
        var old = Reference(gateway);
        var running = gateway.AskAsync("Hello", script, stream: true);
        await script.Called;

        await gateway.ReloadAsync(ReloadingGateway.LongerLexicon);
        Collect();
        Assert.True(old.TryGetTarget(out _), "A running stream keeps its epoch.");
        goOn.SetResult();
        await running;
        await gateway.AskAsync("Hello");
        gateway.Host.Client.Dispose();

        await Eventually.TrueAsync(
            () =>
            {
                Collect();
                return !IsAlive(old);
            },
            "the old epoch has been collected");
    }

    [Fact]
    public async Task BadFile_IsRefusedWholeAndTheLastGoodServesUntilItIsMended()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var first = await gateway.EpochAsync();

        // One bad line, and good news before it: neither may come into force.
        gateway.Replace("lexicons/test.tsv", ReloadingGateway.LongerLexicon + "ravenmoor\tviolence-obsenity\tblock\n");
        await Eventually.TrueAsync(async () => (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_refused") == 1, "the files were refused");

        Assert.Equal(first, await gateway.EpochAsync());
        Assert.Equal(200, (await gateway.AskAsync(ReloadingGateway.Added)).Status);
        Refusals.AssertBlockedPrompt(await gateway.AskAsync(TestLexicon.Block));
        using (var ready = await gateway.Host.Admin.GetAsync(new Uri("/readyz", UriKind.Relative))) Assert.True(ready.IsSuccessStatusCode);
        var line = TestLexicon.Lines.Count(character => character == '\n') + 2;
        var refusal = await Eventually.SomeAsync(() => Logged(gateway, "refused whole"), "the refusal is logged");
        Assert.Equal("Error", (string?)refusal["Level"]);
        var fault = (string)Assert.Single(refusal["Properties"]!["Faults"]!.AsArray())!;
        Assert.StartsWith($"test.tsv:{line}: ", fault, StringComparison.Ordinal);
        Assert.Contains("did you mean 'violence-obscenity'?", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("ravenmoor", gateway.Host.Logs, StringComparison.Ordinal);

        var mended = await gateway.ReloadAsync(ReloadingGateway.LongerLexicon);

        Assert.NotEqual(first, mended);
        Refusals.AssertBlockedPrompt(await gateway.AskAsync(ReloadingGateway.Added));
        var metrics = await gateway.Host.MetricsAsync();
        Assert.Equal(0, metrics.Sum("gateway_epoch_refused"));
        Assert.Equal(1, metrics.Sum("gateway_epoch_reloads_total", "result=\"refused\""));
        Assert.Equal(1, metrics.Sum("gateway_epoch_reloads_total", "result=\"applied\""));
    }

    [Theory]
    [InlineData("""{"Steam":"Hold"}""", "Did you mean 'Stream'?")]
    [InlineData("{\n \"Stream\": Hold", "not valid JSON at line 2")]
    public async Task BadPolicy_IsRefusedWithTheLexiconBesideIt(string policy, string said)
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var first = await gateway.EpochAsync();

        gateway.Replace("lexicons/test.tsv", ReloadingGateway.LongerLexicon);
        gateway.Replace("policies/default.json", policy);
        var refusal = await Eventually.SomeAsync(() => Logged(gateway, "refused whole"), "the refusal is logged");

        var fault = (string)Assert.Single(refusal["Properties"]!["Faults"]!.AsArray())!;
        Assert.StartsWith("default.json:", fault, StringComparison.Ordinal);
        Assert.Contains(said, fault, StringComparison.Ordinal);
        Assert.Equal(first, await gateway.EpochAsync());
    }

    private static JsonObject? Logged(ReloadingGateway gateway, string words) => gateway.Host.Logs
        .Split('\n')
        .Where(line => line.StartsWith('{') && line.TrimEnd().EndsWith('}') && line.Contains(words, StringComparison.Ordinal))
        .Select(line => JsonNode.Parse(line)!.AsObject())
        .FirstOrDefault();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Epoch> Reference(ReloadingGateway gateway) => new(gateway.Host.Services.GetRequiredService<EpochSource>().Current);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsAlive(WeakReference<Epoch> reference) => reference.TryGetTarget(out _);

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
