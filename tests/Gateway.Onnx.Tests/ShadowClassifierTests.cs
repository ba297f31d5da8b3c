using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class ShadowClassifierTests
{
    [Theory]
    [InlineData(0f, 0f, "agree")]
    [InlineData(1f, 1f, "agree")]
    [InlineData(1f, 0f, "serving_only")]
    [InlineData(0f, 1f, "shadow_only")]
    public async Task DetectAsync_WithAShadow_CountsAgreementAndReportsTheServingModelAlone(float serving, float second, string expected)
    {
        using var meter = new Meter($"Gateway-{Guid.NewGuid():n}");
        using var results = new Results(meter, "gateway_classifier_shadow_total");
        var metrics = new ClassifierMetrics(meter);
        using var servingTiny = Always(serving);
        using var secondTiny = Always(second, "second");
        using var model = servingTiny.Load();
        using var secondModel = secondTiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient with { Workers = 1 }, metrics, TimeProvider.System);
        await using var shadow = new ShadowClassifier(new RiskClassifier(secondModel, TinyModel.Patient with { Workers = 1 }, metrics, TimeProvider.System), metrics);
        var detector = new ClassifierDetector(classifier, shadow);

        var buffer = "some text to judge".ToCharArray();
        var found = new DetectionList();
        await detector.DetectAsync(TextWindow.Whole(buffer, TextSide.Prompt), found, default);
        buffer.AsSpan().Fill('x');

        Assert.Equal(expected, await results.Next.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.All(found.ToArray(), detection => Assert.StartsWith("tiny/", detection.Rule, StringComparison.Ordinal));
    }

    [Fact]
    public void TryPin_OnLinux_LeavesTheThreadOneCore()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.False(CorePinning.TryPin(0));
            return;
        }

        var cores = 0;
        var thread = new Thread(() => cores = CorePinning.TryPin(1) ? CorePinning.Allowed() : -1);
        thread.Start();
        thread.Join();
        Assert.Equal(1, cores);
    }

    /// <summary>A model whose threshold all texts reach, or none: the threshold is what its score is compared with.</summary>
    private static TinyModel Always(float flagged, string name = "tiny") => new(draft: new ModelManifest
    {
        Name = name,
        Version = "1",
        Thresholds = new Dictionary<string, LabelThresholds> { ["any"] = flagged > 0 ? new(1f, 0f, 1f) : new(1f, 1f, 1f) },
    });

    /// <summary>The first result that is counted.</summary>
    private sealed class Results : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly TaskCompletionSource<string> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Results(Meter meter, string instrument)
        {
            _listener.InstrumentPublished = (published, listener) =>
            {
                if (published.Meter == meter && published.Name == instrument) listener.EnableMeasurementEvents(published);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _next.TrySetResult((string)tags[0].Value!));
            _listener.Start();
        }

        public Task<string> Next => _next.Task;

        public void Dispose() => _listener.Dispose();
    }
}
