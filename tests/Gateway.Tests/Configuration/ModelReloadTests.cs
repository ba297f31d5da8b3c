using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Telemetry;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Configuration;

/// <summary>Who holds a model, and when it goes.</summary>
public sealed class ModelReloadTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private EpochSource _epochs = null!;

    public Task InitializeAsync()
    {
        _files.Write("lexicons/test.tsv", TestLexicon.Lines);
        _files.Write("policies/default.json", "{}");
        Model("first");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _epochs.DisposeAsync();
        await _meters.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Look_AModelThatWaitsForApproval_IsFreedWhenItNoLongerWaits()
    {
        using var reloader = Start(isRegulated: true);
        Model("second");
        LookTwice(reloader);
        var second = reloader.Waiting!.Model!;
        Assert.Equal("first", _epochs.Current.Model!.Model.Manifest.Name);

        // Another change takes its place,
        _files.Write("policies/more.json", "{}");
        LookTwice(reloader);
        await second.Gone.WaitAsync(Eventually.Patience);
        var again = reloader.Waiting!.Model!;
        Assert.Equal("second", again.Model.Manifest.Name);

        // and all of it is taken back.
        Model("first");
        File.Delete(_files["policies/more.json"]);
        LookTwice(reloader);
        await again.Gone.WaitAsync(Eventually.Patience);
        Assert.Null(reloader.Waiting);
        Assert.False(_epochs.Current.Model!.Gone.IsCompleted);
    }

    [Fact]
    public async Task Enter_HoldsTheModelUntilTheLeaseIsGivenBack()
    {
        using var reloader = Start(isRegulated: false);
        var lease = _epochs.Enter();
        var first = lease.Epoch.Model!;
        Model("second");
        LookTwice(reloader);

        Assert.Equal("second", _epochs.Current.Model!.Model.Manifest.Name);
        Assert.False(first.Gone.IsCompleted);
        Assert.Equal(1, (await first.Classifier.ScoreAsync("a text".AsMemory(), Inspection.Detectors.TextSide.Prompt, default)).Windows);
        lease.Dispose();
        await first.Gone.WaitAsync(Eventually.Patience);
        Assert.False(first.TryHold());
    }

    [Fact]
    public void Look_ANewPolicy_SharesTheModelWithTheEpochBefore()
    {
        using var reloader = Start(isRegulated: false);
        var (epoch, model) = (_epochs.Current, _epochs.Current.Model);
        _files.Write("policies/more.json", "{}");
        LookTwice(reloader);

        Assert.NotSame(epoch, _epochs.Current);
        Assert.Same(model, _epochs.Current.Model);
        Assert.False(model!.Gone.IsCompleted);
    }

    [Fact]
    public async Task Enter_WhileModelsAreSwapped_NeverGetsOneThatIsGone()
    {
        const int Swaps = 12;
        using var reloader = Start(isRegulated: false);
        using var stop = new CancellationTokenSource();
        var judged = 0;
        var judging = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var lease = _epochs.Enter();
                await lease.Epoch.Model!.Classifier.ScoreAsync("a text".AsMemory(), Inspection.Detectors.TextSide.Prompt, default);
                Interlocked.Increment(ref judged);
            }
        })).ToArray();
        var seen = new List<ServedModel>();
        for (var swap = 0; swap < Swaps; swap++)
        {
            seen.Add(_epochs.Current.Model!);
            Model(swap % 2 == 0 ? "second" : "first");
            LookTwice(reloader);
            var before = Volatile.Read(ref judged);
            await Eventually.TrueAsync(() => Volatile.Read(ref judged) > before, "texts are judged");
        }

        await stop.CancelAsync();
        await Task.WhenAll(judging);
        await Task.WhenAll(seen.Select(model => model.Gone)).WaitAsync(Eventually.Patience);
        Assert.Equal(Swaps, seen.Distinct().Count());
    }

    private static void LookTwice(EpochReloader reloader)
    {
        reloader.Look();
        reloader.Look();
    }

    private void Model(string name) => WordPieceModel.Write(_files["model"], name, "alderwisp");

    private EpochReloader Start(bool isRegulated)
    {
        var options = new GatewayOptions { Lexicons = _files["lexicons"], Policies = _files["policies"], Model = _files["model"], Regulated = isRegulated, Audit = { Directory = _files["audit"] }, Classifier = { BudgetMilliseconds = 120_000 } };
        var metrics = new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>());
        _epochs = EpochSource.Load(options, metrics, TimeProvider.System);
        return new EpochReloader(_epochs, options, new EpochApprovals(options), () => [EpochSource.DefaultPolicy], metrics, TimeProvider.System, NullLogger<EpochReloader>.Instance);
    }
}
