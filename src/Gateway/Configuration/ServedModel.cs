using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;

namespace Gateway.Configuration;

/// <summary>
/// A loaded model with its workers, and its shadow. Epochs and the exchanges that run on them hold it; whoever lets go last ends the workers and frees
/// the native sessions: a stream may outlive the epoch it began with, and a model that was replaced costs memory no longer than that.
/// </summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly ClassifierMetrics _metrics;
    private readonly ShadowClassifier? _shadow;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holders = 1;
    private int _hasEnded;

    private ServedModel(RiskClassifier classifier, ShadowClassifier? shadow, UInt128 stamp, ClassifierMetrics metrics)
    {
        _metrics = metrics;
        _shadow = shadow;
        Classifier = classifier;
        Detector = new ClassifierDetector(classifier, shadow);
        Stamp = stamp;
        metrics.Loaded(shadow is null ? 1 : 2);
    }

    public RiskClassifier Classifier { get; }

    public ClassifierDetector Detector { get; }

    public ClassifierModel Model => Classifier.Model;

    /// <summary>Name and hash, as records name it.</summary>
    public string Version => VersionOf(Model);

    /// <summary>Name and hash of the second model that judges the same texts and decides nothing; <c>none</c> without one.</summary>
    public string ShadowVersion => _shadow is null ? "none" : VersionOf(_shadow.Classifier.Model);

    /// <summary>The second model; <see langword="null"/> without one.</summary>
    public ClassifierModel? Shadow => _shadow?.Classifier.Model;

    /// <summary>What its files looked like from outside when they were read, or found to be the same again.</summary>
    public UInt128 Stamp { get; set; }

    /// <summary>Completes when the workers have ended and the native memory is free.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Loads the model and its shadow, and runs them: what fails on its first texts, or on those whose scores are known, never serves.</summary>
    /// <returns><see langword="null"/> when something is at fault, which the candidate then names.</returns>
    public static ServedModel? Load(EpochFiles files, ClassifierSettings settings, ClassifierMetrics metrics, TimeProvider clock, EpochCandidate candidate)
    {
        var stamp = files.ModelStamp();
        var options = OptionsOf(settings);
        if (candidate.Attempt(() => Start(files.Model!, options), null) is not { } classifier) return null;
        if (files.Shadow is not { } directory) return new ServedModel(classifier, null, stamp, metrics);

        // The shadow must not take the cores of the model that serves.
        var second = candidate.Attempt(() => Start(directory, options with { Workers = 1 }), null);
        var served = new ServedModel(classifier, second is null ? null : new ShadowClassifier(second, metrics), stamp, metrics);
        if (second is not null) return served;
        served.Release();
        return null;

        RiskClassifier Start(string folder, ClassifierOptions how)
        {
            var model = ClassifierModel.Load(folder, settings.ModelThreads);
            try
            {
                return new RiskClassifier(model, how, metrics, clock);
            }
            catch (ClassifierFaultException fault)
            {
                model.Dispose();
                throw new ModelFaultException(folder, [$"it fails before it serves: {fault.Message}"]);
            }
        }
    }

    /// <summary>Whether another load read exactly the same models.</summary>
    public bool IsSameAs(ServedModel other) =>
        Model.Fingerprint == other.Model.Fingerprint && _shadow?.Classifier.Model.Fingerprint == other._shadow?.Classifier.Model.Fingerprint;

    /// <summary>Holds it.</summary>
    /// <returns>False when the last holder has let go: it cannot be used any more.</returns>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders) return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>Lets go. The last one to do so ends it, beside whatever else goes on.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) _ = DisposeAsync().AsTask();
    }

    /// <summary>Ends it, held or not: texts still asked about become faults.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 1)
        {
            await _gone.Task;
            return;
        }

        try
        {
            if (_shadow is not null)
            {
                await _shadow.DisposeAsync();
                _shadow.Classifier.Model.Dispose();
                _metrics.Loaded(-1);
            }

            await Classifier.DisposeAsync();
            Model.Dispose();
            _metrics.Loaded(-1);
            FreedMemory.GiveBack();
        }
        finally
        {
            _gone.SetResult();
        }
    }

    private static string VersionOf(ClassifierModel model) => $"{model.Manifest.Name}@{model.Version}";

    private static ClassifierOptions OptionsOf(ClassifierSettings settings)
    {
        var options = new ClassifierOptions
        {
            Budget = TimeSpan.FromMilliseconds(settings.BudgetMilliseconds),
            QueueCapacity = settings.QueueCapacity,
            CacheEntries = settings.CacheEntries,
            PinWorkers = settings.PinWorkers,
        };
        return settings.Workers > 0 ? options with { Workers = settings.Workers } : options;
    }
}
