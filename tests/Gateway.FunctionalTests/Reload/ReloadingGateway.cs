using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A gateway whose files a test changes while it serves.</summary>
internal sealed class ReloadingGateway : IAsyncDisposable
{
    /// <summary>A term that the first lexicon does not have.</summary>
    public const string Added = "thornwickvale";

    private ReloadingGateway(StubModelServer stub, GatewayTestHost host) => (Stub, Host) = (stub, host);

    public StubModelServer Stub { get; }

    public GatewayTestHost Host { get; }

    /// <summary>The test lexicon and <see cref="Added"/>.</summary>
    public static string LongerLexicon { get; } = TestLexicon.Lines + $"{Added}\t{TestLexicon.BlockRisk}\tblock\n";

    public static async Task<ReloadingGateway> StartAsync()
    {
        var stub = await StubModelServer.StartAsync();
        return new ReloadingGateway(stub, await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = stub.Address, Arguments = ["--Gateway:Reload:PollSeconds=0.05"] }));
    }

    /// <summary>Puts a file in place as an operator should: written aside, then renamed.</summary>
    public void Replace(string name, string content)
    {
        var aside = Host.Files.Write("aside", content);
        File.Move(aside, Host.Files[name], overwrite: true);
    }

    /// <summary>Puts a lexicon in place and waits until it is in force.</summary>
    public async Task<EpochName> ReloadAsync(string lexicon)
    {
        var before = await EpochAsync();
        Replace("lexicons/test.tsv", lexicon);
        EpochName? now = null;
        await Eventually.TrueAsync(async () => (now = await EpochAsync()) != before, "another epoch is in force");
        return now!;
    }

    /// <summary>The one epoch that metrics name.</summary>
    public async Task<EpochName> EpochAsync()
    {
        var metrics = await Host.MetricsAsync();
        var labels = Assert.Single(metrics.Samples, sample => sample.Key.StartsWith("gateway_epoch_info{", StringComparison.Ordinal)).Key;
        return new EpochName(Label(labels, "epoch"), Label(labels, "lexicon"));
    }

    public async Task<Exchange> AskAsync(string prompt, StubScript? script = null, bool stream = false)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(prompt, stream), script?.Id);
        using var response = await Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }

    /// <summary>The epoch that an exchange's record says it was judged by.</summary>
    public EpochName RecordedEpoch(Exchange exchange) => EpochOf(Assert.Single(Host.Audit.Find(exchange.Id!)).Json);

    public static EpochName EpochOf(JsonObject record) => new((string)record["policyEpoch"]!, (string)record["lexiconVersion"]!);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Stub.DisposeAsync();
    }

    private static string Label(string sample, string name)
    {
        var start = sample.IndexOf($"{name}=\"", StringComparison.Ordinal) + name.Length + 2;
        return sample[start..sample.IndexOf('"', start)];
    }

    /// <summary>Ids of an epoch and of its lexicon.</summary>
    internal sealed record EpochName(string Epoch, string Lexicon);
}
