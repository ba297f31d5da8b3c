using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Telemetry;

namespace Gateway.Configuration;

/// <summary>
/// Loads policies, lexicon and model, and compiles them into the one <see cref="Epoch"/> in force. Everything is checked
/// before anything is used: a gateway that starts judges with exactly what its files say.
/// </summary>
internal sealed class EpochSource : IAsyncDisposable
{
    /// <summary>The policy that must exist.</summary>
    public const string DefaultPolicy = "default";

    private EpochSource(Epoch epoch, Lexicon lexicon, RiskClassifier? classifier, ClassifierDetector? detector)
    {
        ClassifierDetector = detector;
        Current = epoch;
        Lexicon = lexicon;
        Classifier = classifier;
    }

    /// <summary>The configuration in force.</summary>
    public Epoch Current { get; }

    /// <summary>The lexicon in force.</summary>
    public Lexicon Lexicon { get; }

    /// <summary>The classifier in force; <see langword="null"/> when it is switched off.</summary>
    public RiskClassifier? Classifier { get; }

    /// <summary>The detector in front of the classifier.</summary>
    public ClassifierDetector? ClassifierDetector { get; }

    /// <summary>Directories that ship beside the program, for whatever the options leave open.</summary>
    public static (string Lexicons, string Policies, string Model) Directories(GatewayOptions options) => (
        options.Lexicons ?? Path.Combine(AppContext.BaseDirectory, "lexicons", "starter"),
        options.Policies ?? Path.Combine(AppContext.BaseDirectory, "policies"),
        options.Model ?? Path.Combine(AppContext.BaseDirectory, "models", "risk-zh-en"));

    /// <summary>Loads everything.</summary>
    /// <exception cref="ConfigurationException">Something is at fault; the message names every fault found, with its file.</exception>
    public static EpochSource Load(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock)
    {
        var (lexicons, policyDirectory, modelDirectory) = Directories(options);
        var faults = new List<string>();
        var lexicon = Attempt(faults, () => LexiconLoader.Load(lexicons), Lexicon.Empty);
        var model = options.Classifier.Enabled ? Attempt(faults, () => ClassifierModel.Load(modelDirectory), null) : null;
        var defaults = model?.Thresholds.ToDictionary(
            pair => pair.Key, pair => new Thresholds(pair.Value.Block, pair.Value.Label, pair.Value.Cut), StringComparer.Ordinal) ?? [];
        var (policies, policyVersion) = Attempt(faults, () => PolicyLoader.Load(policyDirectory, defaults), (FrozenDictionary<string, Policy>.Empty, ""));
        if (faults.Count == 0 && !policies.ContainsKey(DefaultPolicy))
        {
            faults.Add($"{policyDirectory}: default.json is missing; it frames everything that no other policy covers.");
        }

        if (faults.Count > 0)
        {
            model?.Dispose();
            throw new ConfigurationException(string.Join(Environment.NewLine, faults));
        }

        var keywords = new KeywordDetector(lexicon);
        var classifier = model is null ? null : new RiskClassifier(model, Settings(options.Classifier), new ClassifierMetrics(metrics.Meter), clock);
        var detector = classifier is null ? null : new ClassifierDetector(classifier);
        var modelVersion = classifier is null ? "none" : $"{classifier.Model.Manifest.Name}@{classifier.Model.Version}";
        var epoch = Compile(lexicon, modelVersion, policies, policyVersion, detector is null ? [keywords] : [keywords, detector]);
        return new EpochSource(epoch, lexicon, classifier, detector);
    }

    public async ValueTask DisposeAsync()
    {
        if (Classifier is null) return;
        await Classifier.DisposeAsync();
        Classifier.Model.Dispose();
    }

    private static Epoch Compile(
        Lexicon lexicon, string modelVersion, FrozenDictionary<string, Policy> policies, string policyVersion, IReadOnlyList<IDetector> detectors)
    {
        var folder = TextFolder.Default.Version;
        var contents = $"{policyVersion}|{lexicon.Version}|{modelVersion}|{folder}";
        return new Epoch
        {
            Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(contents)))[..12],
            Inspector = new Inspector(detectors),
            Policies = policies,
            LexiconVersion = lexicon.Version,
            ModelVersion = modelVersion,
            FolderVersion = folder,
        };
    }

    private static ClassifierOptions Settings(ClassifierSettings settings)
    {
        var options = new ClassifierOptions { Budget = TimeSpan.FromMilliseconds(settings.BudgetMilliseconds), QueueCapacity = settings.QueueCapacity };
        return settings.Workers > 0 ? options with { Workers = settings.Workers } : options;
    }

    private static T Attempt<T>(List<string> faults, Func<T> load, T fallback)
    {
        try
        {
            return load();
        }
        catch (Exception fault) when (fault is LexiconException or PolicyException or ModelFaultException)
        {
            faults.Add(fault.Message);
            return fallback;
        }
    }
}
