using System.Security.Cryptography;
using System.Text;
using Gateway.Detectors;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;
using Gateway.Telemetry;
using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>
/// Loads policies, lexicon and model, and compiles them into the one <see cref="Epoch"/> in force. Everything is checked
/// before anything is used: a gateway judges with exactly what its files say, at the start and after every change of them
/// (<see cref="EpochReloader"/>). The model stays for the life of the process.
/// </summary>
internal sealed class EpochSource : IAsyncDisposable
{
    /// <summary>The policy that must exist.</summary>
    public const string DefaultPolicy = "default";

    /// <summary>The word of a route that is not judged.</summary>
    public const string NoPolicy = "none";

    private readonly int _separators;
    private readonly Func<PolicyBook, TenantBook> _tenants;
    private Epoch _current;

    private EpochSource(
        EpochFiles files, UInt128? stamp, Epoch epoch, int separators, Func<PolicyBook, TenantBook> tenants, RiskClassifier? classifier, ClassifierDetector? detector, ShadowClassifier? shadow, HttpClassifierDetector? http)
    {
        _separators = separators;
        _tenants = tenants;
        Http = http;
        Shadow = shadow;
        Files = files;
        Stamp = stamp;
        ClassifierDetector = detector;
        Classifier = classifier;
        _current = epoch;
    }

    /// <summary>The configuration in force. Whoever judges takes it once and keeps it to the end.</summary>
    public Epoch Current => Volatile.Read(ref _current);

    /// <summary>The files it was made of.</summary>
    public EpochFiles Files { get; }

    /// <summary>What <see cref="Files"/> were when the configuration in force was made; <see langword="null"/> when they changed meanwhile.</summary>
    public UInt128? Stamp { get; private set; }

    /// <summary>The classifier in force; <see langword="null"/> when it is switched off.</summary>
    public RiskClassifier? Classifier { get; }

    /// <summary>The detector in front of the classifier.</summary>
    public ClassifierDetector? ClassifierDetector { get; }

    /// <summary>A second model that is shown the same texts and decides nothing; <see langword="null"/> without one.</summary>
    private ShadowClassifier? Shadow { get; }

    /// <summary>A classifier that is asked over HTTP; <see langword="null"/> without one.</summary>
    private HttpClassifierDetector? Http { get; }

    private string ModelVersion => Classifier is null ? "none" : $"{Classifier.Model.Manifest.Name}@{Classifier.Model.Version}";

    /// <summary>Directories that ship beside the program, for whatever the options leave open.</summary>
    public static (string Lexicons, string Policies, string Model) Directories(GatewayOptions options) => (
        options.Lexicons ?? Path.Combine(AppContext.BaseDirectory, "lexicons", "starter"),
        options.Policies ?? Path.Combine(AppContext.BaseDirectory, "policies"),
        options.Model ?? Path.Combine(AppContext.BaseDirectory, "models", "risk-zh-en"));

    /// <summary>Loads everything.</summary>
    /// <exception cref="ConfigurationException">Something is at fault; the message names every fault found, with its file.</exception>
    public static EpochSource Load(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock)
    {
        var (lexicons, policies, modelDirectory) = Directories(options);
        var files = new EpochFiles(lexicons, policies, options.Tenants);
        TenantBook Tenants(PolicyBook book) =>
            options.Tenants is null ? TenantBook.None : new TenantLoader(options.Tenants, options.KeySecret, book.Policies.ContainsKey, clock).Load();
        var candidate = new EpochCandidate();
        var stamp = files.Stamp();
        var model = options.Classifier.Enabled ? candidate.Attempt(() => ClassifierModel.Load(modelDirectory, options.Classifier.ModelThreads), null) : null;
        var shadowModel = model is not null && options.Classifier.Shadow is { Length: > 0 } second ? candidate.Attempt(() => ClassifierModel.Load(second, options.Classifier.ModelThreads), null) : null;
        var modelVersion = model is null ? "none" : $"{model.Manifest.Name}@{model.Version}";
        var contents = Read(files, DefaultsOf(model), Tenants, [], candidate);
        if (contents is null)
        {
            model?.Dispose();
            shadowModel?.Dispose();
            throw new ConfigurationException(candidate.Message);
        }

        var classifierMetrics = new ClassifierMetrics(metrics.Meter);
        var settings = Settings(options.Classifier);
        var classifier = model is null ? null : new RiskClassifier(model, settings, classifierMetrics, clock);
        // The shadow must not take the cores of the model that serves.
        var shadow = shadowModel is null ? null : new ShadowClassifier(new RiskClassifier(shadowModel, settings with { Workers = 1 }, classifierMetrics, clock), classifierMetrics);
        var detector = classifier is null ? null : new ClassifierDetector(classifier, shadow);
        var http = options.HttpClassifier.Url is null ? null : new HttpClassifierDetector(options.HttpClassifier, new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }, clock);
        var separators = options.Keywords.Separators;
        var epoch = Compile(contents, separators, modelVersion, detector, http);
        return new EpochSource(files, files.Stamp() == stamp ? stamp : null, epoch, separators, Tenants, classifier, detector, shadow, http);
    }

    /// <summary>Compiles the files as they are now, beside the configuration in force, which goes on serving.</summary>
    /// <param name="policiesInUse">Policies that routes name and that therefore must not go.</param>
    public EpochCandidate Compile(IEnumerable<string> policiesInUse)
    {
        var candidate = new EpochCandidate();
        var contents = Read(Files, DefaultsOf(Classifier?.Model), _tenants, policiesInUse, candidate);
        if (contents is not null) candidate.Epoch = Compile(contents, _separators, ModelVersion, ClassifierDetector, Http);
        return candidate;
    }

    /// <summary>Puts an epoch in force: exchanges that begin from now on run on it, running ones finish on theirs.</summary>
    public void Adopt(Epoch epoch, UInt128 stamp)
    {
        Volatile.Write(ref _current, epoch);
        Stamp = stamp;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (Shadow is not null)
        {
            await Shadow.DisposeAsync();
            Shadow.Classifier.Model.Dispose();
        }

        if (Classifier is null) return;
        await Classifier.DisposeAsync();
        Classifier.Model.Dispose();
    }

    /// <returns><see langword="null"/> when anything is at fault, which the candidate then names.</returns>
    private static EpochContents? Read(
        EpochFiles files, Dictionary<string, Thresholds> defaults, Func<PolicyBook, TenantBook> tenants, IEnumerable<string> policiesInUse, EpochCandidate candidate)
    {
        var lexicon = candidate.Attempt(() => LexiconLoader.Load(files.Lexicons), null);
        var book = candidate.Attempt(() => PolicyLoader.LoadBook(files.Policies, defaults), null);
        var shadow = book is null || !Directory.Exists(files.Candidate) ? null : candidate.Attempt(() => PolicyLoader.LoadBook(files.Policies, defaults, files.Candidate), null);
        var opened = book is null ? TenantBook.None : candidate.Attempt(() => tenants(book), TenantBook.None);
        if (candidate.IsRefused || lexicon is null || book is null) return null;
        if (!book.Policies.ContainsKey(DefaultPolicy))
        {
            candidate.Fault(new PolicyException([$"{files.Policies}: default.json is missing; it frames everything that no other policy covers."]));
        }

        if (book.HasBase && policiesInUse.Contains(NoPolicy, StringComparer.OrdinalIgnoreCase))
        {
            candidate.Fault(new PolicyException([$"{files.Policies}: base.json binds every route, but a route has the policy \"none\". Give the route a policy first."]));
        }

        foreach (var name in policiesInUse.Where(name => !string.Equals(name, NoPolicy, StringComparison.OrdinalIgnoreCase) && name != DefaultPolicy && !book.Policies.ContainsKey(name)))
        {
            candidate.Fault(new PolicyException([$"{files.Policies}: {name}.json is missing, but a route names this policy. Put it back, or change the route first."]));
        }

        return candidate.IsRefused ? null : new EpochContents(lexicon, book, shadow, opened);
    }

    private static Epoch Compile(EpochContents contents, int separators, string modelVersion, ClassifierDetector? classifier, HttpClassifierDetector? http)
    {
        var policies = contents.Book.Policies.Values;
        var variantsMayBlock = policies.Any(policy => policy.Variants == VariantAction.Block);
        var keywords = new KeywordDetector(contents.Lexicon, mostSeparators: separators, variantsMayBlock: variantsMayBlock, tiers: TierTable.Of(policies));
        var patterns = PersonalDataDetector.For(policies.Concat(contents.Candidate?.Policies.Values ?? []));
        var folder = keywords.FolderVersion;
        var identity = $"{contents.Book.Version}|{contents.Lexicon.Version}|{modelVersion}|{folder}";
        return new Epoch
        {
            Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..12],
            Inspector = new Inspector(new IDetector?[] { keywords, patterns, classifier, http }.OfType<IDetector>()),
            Book = contents.Book,
            Candidate = contents.Candidate,
            Tenants = contents.Tenants,
            Lexicon = contents.Lexicon,
            ModelVersion = modelVersion,
            FolderVersion = folder,
        };
    }

    /// <summary>The thresholds that a model brings.</summary>
    public static Dictionary<string, Thresholds> DefaultsOf(ClassifierModel? model) => model?.Thresholds.ToDictionary(
        pair => pair.Key, pair => new Thresholds(pair.Value.Block, pair.Value.Label, pair.Value.Cut), StringComparer.Ordinal) ?? [];

    private static ClassifierOptions Settings(ClassifierSettings settings)
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

    private sealed record EpochContents(Lexicon Lexicon, PolicyBook Book, PolicyBook? Candidate, TenantBook Tenants);
}
