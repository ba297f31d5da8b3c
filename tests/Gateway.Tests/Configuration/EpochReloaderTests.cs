using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Telemetry;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Configuration;

/// <summary>When a change of the files is taken, look by look.</summary>
public sealed class EpochReloaderTests : IAsyncLifetime
{
    private const string Better = "alderwisp\tviolence-obscenity\tblock\n";
    private const string Bad = "alderwisp\tviolence\tblock\n";

    private readonly TempDirectory _files = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UnixEpoch);
    private readonly Dictionary<string, long> _counted = [];
    private readonly List<string> _policiesInUse = [EpochSource.DefaultPolicy];
    private GatewayOptions _options = null!;
    private EpochSource _epochs = null!;
    private EpochReloader _reloader = null!;
    private MeterListener? _listener;

    public Task InitializeAsync()
    {
        _files.Write("lexicons/test.tsv", TestLexicon.Lines);
        _files.Write("policies/default.json", "{}");
        Start(_files["lexicons"]);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _reloader.Dispose();
        _listener?.Dispose();
        await _epochs.DisposeAsync();
        await _meters.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public void Look_NothingChanged_KeepsTheEpochItself()
    {
        var first = _epochs.Current;
        for (var look = 0; look < 3; look++) _reloader.Look();
        _reloader.Look(isAsked: true);

        Assert.Same(first, _epochs.Current);
    }

    [Fact]
    public void Look_AtAChange_TakesItTheSecondTime()
    {
        var first = _epochs.Current;
        _files.Write("lexicons/test.tsv", Better);

        _reloader.Look();
        Assert.Same(first, _epochs.Current);
        _reloader.Look();

        Assert.Equal(["alderwisp"], _epochs.Current.Lexicon.Terms.Select(term => term.Text));
        Assert.NotEqual(first.Id, _epochs.Current.Id);
        Assert.False(_reloader.IsRefused);
    }

    [Fact]
    public void Look_AtAFileThatIsStillGrowing_Waits()
    {
        var first = _epochs.Current;
        var copied = "";
        foreach (var piece in Better.Chunk(3))
        {
            copied += new string(piece);
            _files.Write("lexicons/test.tsv", copied);
            _reloader.Look();
            Assert.Same(first, _epochs.Current);
        }

        Assert.False(_reloader.IsRefused);
        _reloader.Look();

        Assert.Equal(["alderwisp"], _epochs.Current.Lexicon.Terms.Select(term => term.Text));
    }

    [Fact]
    public void Look_AtSameLengthAndSameTime_SeesTheDifference()
    {
        var path = _files["lexicons/test.tsv"];
        var written = File.GetLastWriteTimeUtc(path);
        _files.Write("lexicons/test.tsv", TestLexicon.Lines.Replace(TestLexicon.Watch, "noticeworm", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(path, written);

        _reloader.Look();
        _reloader.Look();

        Assert.Contains(_epochs.Current.Lexicon.Terms, term => term.Text == "noticeworm");
    }

    [Fact]
    public async Task Look_AtLinksSwappedAsKubernetesDoes_FollowsThem()
    {
        // A mounted ConfigMap: the files are links into ..data, which is a link to a folder of one revision.
        _files.Write("map/..rev1/test.tsv", TestLexicon.Lines);
        _files.Write("map/..rev2/test.tsv", Better);
        Directory.CreateSymbolicLink(_files["map/..data"], "..rev1");
        File.CreateSymbolicLink(_files["map/test.tsv"], "..data/test.tsv");
        await _epochs.DisposeAsync();
        Start(_files["map"]);
        Assert.Equal(9 - 1, _epochs.Current.Lexicon.Terms.Count);

        Directory.CreateSymbolicLink(_files["map/..data_tmp"], "..rev2");
        await using (await ChildProcess.RunAsync("mv", ["-T", _files["map/..data_tmp"], _files["map/..data"]]))
        {
            // One rename, as the kubelet does it: .NET's own Move takes a link to a folder for the folder.
        }

        _reloader.Look();
        _reloader.Look();

        Assert.Equal(["alderwisp"], _epochs.Current.Lexicon.Terms.Select(term => term.Text));
    }

    [Fact]
    public void Look_AtABadFile_RefusesItOnceAndKeepsTheEpoch()
    {
        var first = _epochs.Current;
        _files.Write("lexicons/test.tsv", Bad);
        for (var look = 0; look < 5; look++) _reloader.Look();

        Assert.True(_reloader.IsRefused);
        Assert.Same(first, _epochs.Current);
        Assert.Equal((0, 1), Reloads());

        _reloader.Look(isAsked: true);
        _reloader.Look();
        Assert.Equal((0, 2), Reloads());
        Assert.True(_reloader.IsRefused);
    }

    [Fact]
    public void Look_AtTheOldFilesAgain_IsContentWithoutANewEpoch()
    {
        var first = _epochs.Current;
        _files.Write("lexicons/test.tsv", Bad);
        _reloader.Look();
        _reloader.Look();
        _files.Write("lexicons/test.tsv", TestLexicon.Lines);
        _reloader.Look();

        Assert.False(_reloader.IsRefused);
        Assert.Same(first, _epochs.Current);
    }

    [Theory]
    [InlineData("lexicons")]
    [InlineData("policies")]
    public void Look_AtADirectoryThatIsGone_RefusesIt(string name)
    {
        var first = _epochs.Current;
        Directory.Move(_files[name], _files["elsewhere"]);
        _reloader.Look();
        _reloader.Look();
        Assert.True(_reloader.IsRefused);
        Assert.Same(first, _epochs.Current);

        Directory.Move(_files["elsewhere"], _files[name]);
        _reloader.Look();
        Assert.False(_reloader.IsRefused);
    }

    [Fact]
    public void Look_AtPoliciesWithoutOneThatARouteNames_RefusesThem()
    {
        _files.Write("policies/strict.json", "{}");
        _reloader.Look();
        _reloader.Look();
        Assert.Equal(2, _epochs.Current.Policies.Count);
        _policiesInUse.Add("strict");

        File.Delete(_files["policies/strict.json"]);
        _reloader.Look();
        _reloader.Look();

        Assert.True(_reloader.IsRefused);
        Assert.Equal(2, _epochs.Current.Policies.Count);
        var lines = _epochs.Compile(_policiesInUse).Lines;
        Assert.Contains("strict.json is missing, but a route names this policy", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_WithFaultsInLexiconAndPolicy_NamesThemAllUpToALimit()
    {
        _files.Write("policies/default.json", """{"Steam":"Hold"}""");
        _files.Write("lexicons/test.tsv", string.Concat(Enumerable.Repeat(Bad, 30)));

        var candidate = _epochs.Compile([]);

        Assert.Null(candidate.Epoch);
        Assert.Equal(21, candidate.Lines.Length);
        Assert.StartsWith("test.tsv:1: ", candidate.Lines[0], StringComparison.Ordinal);
        Assert.Equal("and 11 more", candidate.Lines[^1]);
    }

    [Fact]
    public async Task Run_LooksOnceAPeriodByTheClock()
    {
        await _reloader.StartAsync(CancellationToken.None);
        _files.Write("lexicons/test.tsv", Better);

        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(_options.Reload.PollSeconds));
                return _epochs.Current.Lexicon.Terms.Count == 1;
            },
            "the change is in force");
        await _reloader.StopAsync(CancellationToken.None);

        Assert.Equal((1, 0), Reloads());
    }

    private void Start(string lexicons)
    {
        _options = new GatewayOptions { Lexicons = lexicons, Policies = _files["policies"], Classifier = { Enabled = false } };
        var metrics = new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>());
        _listener?.Dispose();
        _listener = new MeterListener { InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "gateway_epoch_reloads" && ReferenceEquals(instrument.Meter, metrics.Meter)) listener.EnableMeasurementEvents(instrument);
        } };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var result = (string)tags[0].Value!;
            lock (_counted) _counted[result] = _counted.GetValueOrDefault(result) + value;
        });
        _listener.Start();
        _epochs = EpochSource.Load(_options, metrics, _clock);
        _reloader = new EpochReloader(_epochs, _options, new EpochApprovals(_options), () => _policiesInUse, metrics, _clock, NullLogger<EpochReloader>.Instance);
    }

    private (long Applied, long Refused) Reloads()
    {
        lock (_counted) return (_counted.GetValueOrDefault("applied"), _counted.GetValueOrDefault("refused"));
    }
}
