using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.FunctionalTests.Reload;

/// <summary>
/// A model that changes while the gateway serves: the next exchange is judged by the new one, running ones by the one they began with, and a model
/// that is no good changes nothing. Alone, because gateways of one process share their meters.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class ModelSwapTests : IAsyncLifetime
{
    private const int Streams = 100;
    private const string First = "alderwisp", Second = "bramblecroft";

    private readonly TempDirectory _models = new();
    private StubModelServer _stub = null!;
    private GatewayTestHost _host = null!;

    private string Live => _models["live"];

    public async Task InitializeAsync()
    {
        WordPieceModel.Write(Live, "first", First);
        _stub = await StubModelServer.StartAsync();
        _host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = _stub.Address,
            Classifier = true,
            Arguments = ["--Gateway:Reload:PollSeconds=0.05", $"--model={Live}"],
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _stub.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task Swap_UnderHundredStreamsAndBufferedRequests_FailsNone_AndFreesTheOldModelWithItsLastStream()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = _stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Far away in the valley. "));
            await release.Task.WaitAsync(Eventually.Patience);
            // Only the second model objects to this.
            await call.WriteAsync(new ChatEvents().Texts(["They call it ", Second, " there. "]).Finish().Done());
        });
        var (first, firstEpoch) = (WordPieceModel.VersionOf(Live), await EpochAsync());
        var streams = Enumerable.Range(0, Streams).Select(_ => AskAsync("Hello", script, stream: true)).ToArray();
        await Eventually.TrueAsync(() => script.Requests.Count == Streams, "every stream has begun");
        var old = _host.Services.GetRequiredService<EpochSource>().Current.Model!;
        using var stop = new CancellationTokenSource();
        var buffered = Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskWithoutPauseAsync(stop.Token))).ToArray();

        WordPieceModel.Write(Live, "second", Second);
        var second = WordPieceModel.VersionOf(Live);
        await ModelAsync(second);
        var late = AskAsync("Hello", script, stream: true);
        await Eventually.TrueAsync(() => script.Requests.Count == Streams + 1, "the late stream has begun");

        Assert.False(old.Gone.IsCompleted, "The streams still need their model.");
        Assert.Equal(2, await ModelsAsync());
        release.SetResult();
        var ended = await Task.WhenAll(streams);

        foreach (var exchange in ended)
        {
            Assert.True(exchange is { Status: 200, IsComplete: true });
            Assert.Equal($"Far away in the valley. They call it {Second} there. ", exchange.Events.Text());
            Assert.True(exchange.Events.IsDone);
            Assert.Equal(first, ModelOf(exchange));
        }

        Refusals.AssertCut(await late, "Far away in the valley. They call it ");
        Assert.Equal(second, ModelOf(await late));
        await old.Gone.WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(async () => await ModelsAsync() == 1, "the old model's memory is free");

        WordPieceModel.Write(Live, "first", First);
        await ModelAsync(first);
        Assert.Equal(firstEpoch, await EpochAsync());
        await stop.CancelAsync();
        foreach (var exchange in (await Task.WhenAll(buffered)).SelectMany(exchanges => exchanges))
        {
            // One prompt is what the first model objects to, the other what the second does: the status says who judged.
            var judgedBy = exchange.WasAboutFirst == (exchange.Answer.Status == 400) ? first : second;
            Assert.True(exchange.Answer.Status is 200 or 400, exchange.Answer.Text);
            Assert.Equal(judgedBy, ModelOf(exchange.Answer));
        }

        await Eventually.TrueAsync(async () => await ModelsAsync() == 1, "one model is left");
        Assert.Equal(2, (await _host.MetricsAsync()).Sum("gateway_epoch_reloads_total", "result=\"applied\""));
    }

    [Theory]
    [InlineData("hash", "is not the file the manifest vouches for")]
    [InlineData("label", "which is no risk of the taxonomy: did you mean \"privacy-right\"?")]
    [InlineData("columns", "has the shape")]
    [InlineData("graph", "is refused by the ONNX runtime")]
    [InlineData("check", "checks[0]: the model says 0.0067 for any, its manifest 0.9000")]
    [InlineData("manifest", "manifest.json is missing")]
    [InlineData("key", "thresholdz")]
    public async Task BadModel_IsRefusedWhole_SaysWhy_AndTheLastGoodServesUntilItIsMended(string what, string why)
    {
        var (model, epoch) = (WordPieceModel.VersionOf(Live), await EpochAsync());
        // Good news beside the bad: neither may come into force.
        _host.Files.Write("lexicons/test.tsv", ReloadingGateway.LongerLexicon);
        Spoil(what);
        await Eventually.TrueAsync(async () => (await _host.MetricsAsync()).Sum("gateway_epoch_refused") == 1, "the change is refused");

        Assert.Equal(epoch, await EpochAsync());
        Assert.Contains($"model {model}", await ReadyAsync(), StringComparison.Ordinal);
        Assert.Equal(400, (await AskAsync(First)).Status);
        Assert.Equal(200, (await AskAsync(ReloadingGateway.Added)).Status);
        Assert.Contains(why, _host.Logs.Replace("\\u0022", "\"", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(Live, _host.Logs, StringComparison.Ordinal);

        WordPieceModel.Write(Live, "third", Second);
        await ModelAsync(WordPieceModel.VersionOf(Live));
        Assert.Equal(400, (await AskAsync(Second)).Status);
        Assert.Equal(400, (await AskAsync(ReloadingGateway.Added)).Status);
        Assert.Equal(0, (await _host.MetricsAsync()).Sum("gateway_epoch_refused"));
        await Eventually.TrueAsync(async () => await ModelsAsync() == 1, "refused models are freed");
    }

    [Fact]
    public async Task ModelWithSoundChecks_ComesIntoForce()
    {
        WordPieceModel.Write(Live, "second", Words(Second), change: manifest => manifest["checks"] = Checks(0.0067));
        await ModelAsync(WordPieceModel.VersionOf(Live));
        Assert.Equal(400, (await AskAsync(Second)).Status);
    }

    [Fact]
    public async Task TextJudgedBefore_IsJudgedAnewByANewModelAndANewPolicy()
    {
        const string Prompt = $"Tell me about {Second}, please.";
        var (once, again) = (await AskAsync(Prompt), await AskAsync(Prompt));
        Assert.Equal((200, 200), (once.Status, again.Status));
        Assert.True(await HitsAsync() > 0);

        // Nine tokens: 75 / 9 - 5 is a probability of 0.966.
        WordPieceModel.Write(Live, "second", new Dictionary<string, float[]> { [Second] = [75, 75] });
        await ModelAsync(WordPieceModel.VersionOf(Live));
        Assert.Equal(400, (await AskAsync(Prompt)).Status);

        // The scores are remembered; what a policy makes of them is not.
        var (epoch, hits) = (await EpochAsync(), await HitsAsync());
        _host.Files.Write("policies/default.json", GatewaySetup.PolicyOf(members: [("Thresholds", new JsonObject { ["any"] = new JsonObject { ["Label"] = 1, ["Block"] = 1, ["Cut"] = 1 } })]).ToJsonString());
        await Eventually.TrueAsync(async () => await EpochAsync() != epoch, "another epoch is in force");
        var lenient = await AskAsync(Prompt);
        Assert.True(await HitsAsync() > hits);
        _host.Files.Write("policies/default.json", GatewaySetup.PolicyOf().ToJsonString());
        await Eventually.TrueAsync(async () => await EpochAsync() == epoch, "the first policy is in force again");

        Assert.Equal((200, 400), (lenient.Status, (await AskAsync(Prompt)).Status));
    }

    [Fact]
    public async Task ThresholdsAlone_MakeAnotherEpoch_WithAnotherVerdict()
    {
        var (model, epoch) = (WordPieceModel.VersionOf(Live), await EpochAsync());
        Assert.Equal(200, (await AskAsync("Good day")).Status);

        WordPieceModel.Write(Live, "first", Words(First), change: manifest =>
        {
            manifest["floor"] = 0;
            manifest["thresholds"]!["any"] = new JsonObject { ["label"] = 0, ["block"] = 0.001, ["cut"] = 1 };
        });
        await Eventually.TrueAsync(async () => await EpochAsync() != epoch, "another epoch is in force");

        Assert.Equal(model, WordPieceModel.VersionOf(Live));
        Assert.Equal(400, (await AskAsync("Good day")).Status);
    }

    [Fact]
    public async Task ModelCopiedOverItself_StaysLoaded()
    {
        var (epoch, served) = (await EpochAsync(), _host.Services.GetRequiredService<EpochSource>().Current.Model);

        WordPieceModel.Write(Live, "first", First);
        File.SetLastWriteTimeUtc(Path.Combine(Live, "model.onnx"), DateTime.UnixEpoch);
        await Eventually.TrueAsync(async () => (await _host.MetricsAsync()).Sum("gateway_epoch_reloads_total", "result=\"applied\"") > 0, "the files were read");

        Assert.Equal(epoch, await EpochAsync());
        Assert.Same(served, _host.Services.GetRequiredService<EpochSource>().Current.Model);
        await Eventually.TrueAsync(async () => await ModelsAsync() == 1, "what was read to compare is freed");
        Assert.Equal(400, (await AskAsync(First)).Status);
    }

    private static Dictionary<string, float[]> Words(string word) => new() { [word] = [WordPieceModel.Heavy, WordPieceModel.Heavy] };

    private static JsonArray Checks(double any) => [new JsonObject { ["text"] = "good day", ["scores"] = new JsonObject { ["any"] = any } }];

    private void Spoil(string what)
    {
        switch (what)
        {
            case "hash":
                File.AppendAllText(Path.Combine(Live, "model.onnx"), "more");
                break;
            case "label":
                WordPieceModel.Write(Live, "bad", Words(Second), change: manifest => manifest["output"]!["labels"] = new JsonArray("any", "privacy-rite"));
                break;
            case "columns":
                WordPieceModel.Write(Live, "bad", Words(Second), change: manifest => manifest["output"]!["labels"] = new JsonArray("any", "privacy-right", "discrim-age"));
                break;
            case "check":
                WordPieceModel.Write(Live, "bad", Words(Second), change: manifest => manifest["checks"] = Checks(0.9));
                break;
            case "manifest":
                File.Delete(Path.Combine(Live, "manifest.json"));
                break;
            case "key":
                WordPieceModel.Write(Live, "bad", Words(Second), change: manifest => manifest["thresholdz"] = new JsonObject());
                break;
            default:
                File.WriteAllText(Path.Combine(Live, "model.onnx"), "no graph");
                var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Live, "manifest.json")))!;
                manifest["files"]!["model.onnx"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("no graph"u8));
                File.WriteAllText(Path.Combine(Live, "manifest.json"), manifest.ToJsonString());
                break;
        }
    }

    private async Task<List<(bool WasAboutFirst, Exchange Answer)>> AskWithoutPauseAsync(CancellationToken stop)
    {
        var asked = new List<(bool, Exchange)>();
        do
        {
            asked.Add((true, await AskAsync($"What is {First}?")));
            asked.Add((false, await AskAsync($"What is {Second}?")));
        }
        while (!stop.IsCancellationRequested);
        return asked;
    }

    private async Task<Exchange> AskAsync(string prompt, StubScript? script = null, bool stream = false)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(prompt, stream), script?.Id);
        using var response = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }

    private string ModelOf(Exchange exchange) => (string)Assert.Single(_host.Audit.Find(exchange.Id!)).Json["modelVersion"]!;

    private Task ModelAsync(string version) => Eventually.TrueAsync(async () => (await ReadyAsync()).Contains($"model {version}", StringComparison.Ordinal), $"model {version} is in force");

    private Task<string> ReadyAsync() => _host.Admin.GetStringAsync(new Uri("/readyz", UriKind.Relative));

    private async Task<string> EpochAsync() => (await ReadyAsync()).Split('\n')[1].Split(' ', ',')[1];

    private async Task<double> ModelsAsync() => (await _host.MetricsAsync()).Sum("gateway_classifier_models");

    private async Task<double> HitsAsync() => (await _host.MetricsAsync()).Sum("gateway_classifier_cache_total", "result=\"hit\"");
}
