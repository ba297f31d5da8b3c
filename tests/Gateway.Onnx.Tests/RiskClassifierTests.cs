using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;
using Gateway.Training.Export;

namespace Gateway.Onnx.Tests;

public sealed class RiskClassifierTests : IDisposable
{
    private const double Tolerance = 1e-4;
    private static readonly string Endless = new('慢', 40_000_000);
    private readonly Meter _meter = new("Gateway");
    private readonly ClassifierMetrics _metrics;

    public RiskClassifierTests() => _metrics = new ClassifierMetrics(_meter);

    public void Dispose() => _meter.Dispose();

    [Theory]
    [InlineData(1, 16, 0, false, false)]
    [InlineData(2, 64, 0, false, false)]
    [InlineData(3, 256, 200, false, false)]
    [InlineData(4, 16, 0, true, false)]
    [InlineData(5, 256, 200, true, false)]
    [InlineData(6, 16, 0, false, true)]
    [InlineData(7, 256, 200, true, true)]
    public async Task ScoreAsync_TextsOfAllLengthsAtOnce_EachEqualsThePlainForwardPass(int seed, int batchRows, int lingerMicroseconds, bool isLinear, bool isSummed)
    {
        using var tiny = new TinyModel(seed, settings: isLinear ? TinyModel.WithLinear : null, isSummed: isSummed);
        using var model = tiny.Load();
        var options = new ClassifierOptions
        {
            Workers = 2,
            BatchItems = 7,
            BatchRows = batchRows,
            Linger = TimeSpan.FromMicroseconds(lingerMicroseconds),
            Budget = TimeSpan.FromMinutes(5),
        };
        await using var classifier = new RiskClassifier(model, options, _metrics, TimeProvider.System);
        var random = new Random(seed);
        int[] lengths = [1, 2, 3, 15, 16, 17, 63, 64, 65, 300, 1000, 2000, 5000, WindowRunner.BlockLength, WindowRunner.BlockLength + 1, 150_000];
        var texts = Enumerable.Range(0, 120).Select(i => Reference.RandomText(random, lengths[i % (i < 32 ? lengths.Length : 13)])).ToArray();

        var answers = new ConcurrentDictionary<int, RiskScores>();
        await Parallel.ForEachAsync(Enumerable.Range(0, texts.Length), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, cancel) =>
            answers[i] = await classifier.ScoreAsync(texts[i].AsMemory(), i % 2 == 0 ? TextSide.Prompt : TextSide.Response, cancel));

        for (var i = 0; i < texts.Length; i++)
        {
            var expected = Reference.Score(tiny.Network, texts[i], i % 2 == 0 ? TextSide.Prompt : TextSide.Response);
            for (var l = 0; l < expected.Length; l++)
                Assert.True(Math.Abs(expected[l] - answers[i][l]) < Tolerance, $"seed {seed}, text {i} of {texts[i].Length}, label {l}: {answers[i][l]} instead of {expected[l]}");
        }
    }

    [Fact]
    public async Task ScoreAsync_NothingToJudge_IsZeroWithoutAWindow()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient, _metrics, TimeProvider.System);

        foreach (var text in (string[])["", " \n\t "])
        {
            var scores = await classifier.ScoreAsync(text.AsMemory(), TextSide.Prompt, default);
            Assert.Equal(0, scores.Windows);
            Assert.All(Enumerable.Range(0, scores.Labels.Count), label => Assert.Equal(0f, scores[label]));
        }
    }

    [Fact]
    public async Task ScoreAsync_QueueFull_Faults()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        var options = new ClassifierOptions { Workers = 1, QueueCapacity = 2, BatchItems = 1, Budget = TimeSpan.FromMinutes(5) };
        await using var classifier = new RiskClassifier(model, options, _metrics, TimeProvider.System);
        using var cancel = new CancellationTokenSource();
        var busy = classifier.ScoreAsync(Endless.AsMemory(), TextSide.Prompt, cancel.Token).AsTask();

        var accepted = new List<Task<RiskScores>>();
        var refused = Assert.Throws<ClassifierFaultException>(() =>
        {
            for (var i = 0; i < 10; i++) accepted.Add(classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, default).AsTask());
        });

        Assert.Equal(ClassifierFault.QueueFull, refused.Fault);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => busy);
        foreach (var scores in await Task.WhenAll(accepted)) Assert.Equal(1, scores.Windows);
    }

    [Fact]
    public async Task ScoreAsync_BudgetSpent_FaultsAndLaterTextsAreJudged()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        var clock = new ManualClock();
        var options = new ClassifierOptions { Workers = 1, BatchItems = 1, Budget = TimeSpan.FromSeconds(2) };
        await using var classifier = new RiskClassifier(model, options, _metrics, clock);
        var busy = classifier.ScoreAsync(Endless.AsMemory(), TextSide.Prompt, default).AsTask();
        var waiting = classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, default).AsTask();

        clock.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        Assert.False(busy.IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ClassifierFault.Timeout, (await Assert.ThrowsAsync<ClassifierFaultException>(() => busy)).Fault);
        Assert.Equal(ClassifierFault.Timeout, (await Assert.ThrowsAsync<ClassifierFaultException>(() => waiting)).Fault);
        Assert.Equal(1, (await classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, default)).Windows);
    }

    [Fact]
    public async Task ScoreAsync_NotANumberForOneText_FaultsForThatText()
    {
        using var tiny = new TinyModel(change: ExplodeOnDenseText);
        using var model = tiny.Load();
        var options = TinyModel.Patient with { Workers = 1, BatchItems = 1 };
        // The warm-up texts are dense, so the classifier is refused before it serves anyone.
        var refused = Assert.Throws<ClassifierFaultException>(() => new RiskClassifier(model, options, _metrics, TimeProvider.System));
        Assert.Equal(ClassifierFault.BadOutput, refused.Fault);

        using var other = new TinyModel(change: ExplodeOnSpacedText);
        using var otherModel = other.Load();
        await using var classifier = new RiskClassifier(otherModel, options, _metrics, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<ClassifierFaultException>(async () => await classifier.ScoreAsync("spaced".AsMemory(), TextSide.Prompt, default));
        Assert.Equal(ClassifierFault.BadOutput, fault.Fault);
        Assert.Equal(1, (await classifier.ScoreAsync("文字".AsMemory(), TextSide.Prompt, default)).Windows);
    }

    [Fact]
    public async Task DisposeAsync_TextsWaiting_FailsThemAndRefusesMore()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        var classifier = new RiskClassifier(model, new ClassifierOptions { Workers = 1, BatchItems = 1, Budget = TimeSpan.FromMinutes(5) }, _metrics, TimeProvider.System);
        using var cancel = new CancellationTokenSource();
        var busy = classifier.ScoreAsync(Endless.AsMemory(), TextSide.Prompt, cancel.Token).AsTask();
        var waiting = classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, default).AsTask();

        var disposing = classifier.DisposeAsync().AsTask();
        var fault = await Assert.ThrowsAsync<ClassifierFaultException>(() => waiting);
        Assert.Equal(ClassifierFault.Stopped, fault.Fault);
        await cancel.CancelAsync();
        await disposing;
        await Assert.ThrowsAnyAsync<Exception>(() => busy);
        Assert.Equal(ClassifierFault.Stopped, (await Assert.ThrowsAsync<ClassifierFaultException>(async () => await classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, default))).Fault);
    }

    [Fact]
    public async Task ScoreAsync_CancelledBefore_Throws()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient, _metrics, TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await classifier.ScoreAsync("text".AsMemory(), TextSide.Prompt, new CancellationToken(true)));
    }

    [Fact]
    public async Task Metrics_TextsAndFaults_AreReportedUnderTheirNames()
    {
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == _meter) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            seen.AddOrUpdate(instrument.Name + string.Concat(tags.ToArray().Select(tag => $"{{{tag.Key}={tag.Value}}}")), value, (_, sum) => sum + value));
        listener.Start();

        using var tiny = new TinyModel(change: ExplodeOnSpacedText);
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient, _metrics, TimeProvider.System);
        var before = seen["gateway_classifier_batch_size"];
        await classifier.ScoreAsync("文字".AsMemory(), TextSide.Prompt, default);
        await Assert.ThrowsAsync<ClassifierFaultException>(async () => await classifier.ScoreAsync("spaced".AsMemory(), TextSide.Prompt, default));
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["gateway_classifier_faults_total{reason=bad_output}"]);
        Assert.True(seen["gateway_classifier_batch_size"] >= before + 1);
        Assert.True(seen["gateway_classifier_duration_seconds"] > 0);
        Assert.Equal(0, seen["gateway_classifier_queue_length"]);
    }

    [Theory]
    [InlineData(0, 1024, 32, 256, 0, 2000)]
    [InlineData(257, 1024, 32, 256, 0, 2000)]
    [InlineData(1, 0, 32, 256, 0, 2000)]
    [InlineData(1, 1024, 1025, 256, 0, 2000)]
    [InlineData(1, 1024, 32, 15, 0, 2000)]
    [InlineData(1, 1024, 32, 256, 6, 2000)]
    [InlineData(1, 1024, 32, 256, 0, 0)]
    public void Constructor_OptionOutOfRange_Throws(int workers, int capacity, int items, int rows, int lingerMs, int budgetMs)
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        var options = new ClassifierOptions
        {
            Workers = workers,
            QueueCapacity = capacity,
            BatchItems = items,
            BatchRows = rows,
            Linger = TimeSpan.FromMilliseconds(lingerMs),
            Budget = TimeSpan.FromMilliseconds(budgetMs),
        };
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiskClassifier(model, options, _metrics, TimeProvider.System));
    }

    private static void ExplodeOnDenseText(BagNetwork network) => ExplodeAt(network, 1f, 0f);

    private static void ExplodeOnSpacedText(BagNetwork network) => ExplodeAt(network, -1f, 1f);

    /// <summary>Two hidden units become infinite, and their difference no number, when slope × dense share + offset is above 0.</summary>
    private static void ExplodeAt(BagNetwork network, float slope, float offset)
    {
        network.HiddenWeights.AsSpan().Clear();
        network.HiddenBias.AsSpan().Clear();
        for (var unit = 0; unit < 2; unit++)
        {
            network.HiddenWeights[((network.Width + network.Local + 1) * network.Hidden) + unit] = slope * float.MaxValue;
            network.HiddenBias[unit] = offset * float.MaxValue;
            for (var l = 0; l < network.Labels.Length; l++) network.OutputWeights[(unit * network.Labels.Length) + l] = unit == 0 ? 4f : -4f;
        }
    }
}
