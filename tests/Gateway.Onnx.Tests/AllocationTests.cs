using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

/// <summary>Alone, because what the whole process allocates is counted.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Calls = 500;
    private const long BytesPerCall = 4096;

    [Fact]
    public async Task ScoreAsync_TextsOfOneKilobyte_AllocatesLittleWhateverTheText()
    {
        using var meter = new Meter("Gateway");
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient with { Workers = 1 }, new ClassifierMetrics(meter), TimeProvider.System);
        var random = new Random(1);
        var texts = Enumerable.Range(0, 20).Select(_ => Reference.RandomText(random, 1000)).ToArray();
        foreach (var text in texts) await classifier.ScoreAsync(text.AsMemory(), TextSide.Prompt, default);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Calls; i++) await classifier.ScoreAsync(texts[i % texts.Length].AsMemory(), TextSide.Prompt, default);
        var perCall = (GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;

        Assert.True(perCall < BytesPerCall, $"{perCall} bytes a call");
    }
}
