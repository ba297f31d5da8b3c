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
/// (<see cref="EpochReloader"/>). A model whose files have not changed is shared by all epochs that judge with it.
/// </summary>
internal sealed class EpochSource : IAsyncDisposable
{
    /// <summary>The policy that must exist.</summary>
    public const string DefaultPolicy = "default";

    /// <summary>The word of a route that is not judged.</summary>
    public const string NoPolicy = "none";

    private readonly GatewayOptions _options;
    private readonly ClassifierMetrics _metrics;
    private readonly TimeProvider _clock;
    private Epoch _current = null!;
    private volatile bool _isDisposed;
    private volatile bool _isHeld;

    private EpochSource(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock)
    {
        var (lexicons, policies, model) = Directories(options);
        var judges = options.Classifier.Enabled;
        _options = options;
        _metrics = new ClassifierMetrics(metrics.Meter);
        _clock = clock;
        Files = new EpochFiles(lexicons, policies, options.Tenants, judges ? model : null, judges && options.Classifier.Shadow is { Length: > 0 } shadow ? shadow : null);
        Http = options.HttpClassifier.Url is null ? null : new HttpClassifierDetector(options.HttpClassifier, new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }, metrics.Meter, clock);
    }

    /// <summary>The configuration in force. Whoever judges enters instead.</summary>
    public Epoch Current => Volatile.Read(ref _current);

    /// <summary>Nobody approved the contents of <see cref="Current"/>: they judge no traffic until somebody has, or others take their place.</summary>
    public bool IsHeld => _isHeld;

    /// <summary>The files it was made of.</summary>
    public EpochFiles Files { get; }

    /// <summary>What <see cref="Files"/> were when the configuration in force was made; <see langword="null"/> when they changed meanwhile.</summary>
    public UInt128? Stamp { get; private set; }

    /// <summary>A classifier that is asked over HTTP; <see langword="null"/> without one.</summary>
    public HttpClassifierDetector? Http { get; }

    /// <summary>The thresholds that the model in force brings.</summary>
    public Dictionary<string, Thresholds> Defaults => DefaultsOf(Current.Model?.Model);

    /// <summary>Directories that ship beside the program, for whatever the options leave open.</summary>
    public static (string Lexicons, string Policies, string Model) Directories(GatewayOptions options) => (
        options.Lexicons ?? Path.Combine(AppContext.BaseDirectory, "lexicons", "starter"),
        options.Policies ?? Path.Combine(AppContext.BaseDirectory, "policies"),
        options.Model ?? Path.Combine(AppContext.BaseDirectory, "models", "risk-zh-en"));

    /// <summary>Loads everything.</summary>
    /// <exception cref="ConfigurationException">Something is at fault; the message names every fault found, with its file.</exception>
    public static EpochSource Load(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock)
    {
        var source = new EpochSource(options, metrics, clock);
        var stamp = source.Files.Stamp();
        var candidate = source.Compile([]);
        if (candidate.Epoch is not { } epoch)
        {
            source.Http?.Dispose();
            throw new ConfigurationException(candidate.Message);
        }

        source._current = epoch;
        source.Stamp = source.Files.Stamp() == stamp ? stamp : null;
        return source;
    }

    /// <summary>Compiles the files as they are now, beside the configuration in force, which goes on serving.</summary>
    /// <param name="policiesInUse">Policies that routes name and that therefore must not go.</param>
    /// <returns>An epoch to adopt or to retire, or what is wrong.</returns>
    public EpochCandidate Compile(IEnumerable<string> policiesInUse)
    {
        var candidate = new EpochCandidate();
        var model = Files.Model is null ? null : HoldModel(candidate);
        try
        {
            if (Read(Files, DefaultsOf(model?.Model), Tenants, policiesInUse, candidate) is { } contents) candidate.Epoch = Compile(contents, model);
        }
        finally
        {
            if (candidate.Epoch is null) model?.Release();
        }

        return candidate;
    }

    /// <summary>Takes the configuration in force, to judge with it until the lease is given back.</summary>
    public EpochLease Enter()
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var epoch = Current;
            // Nobody holds a model any more that was swapped out in this very moment: what came into force instead is there already.
            if (epoch.Model is not { } model || model.TryHold()) return new EpochLease(epoch);
        }
    }

    /// <summary>Puts an epoch in force: exchanges that begin from now on run on it, running ones finish on theirs.</summary>
    public void Adopt(Epoch epoch, UInt128 stamp)
    {
        var previous = Interlocked.Exchange(ref _current, epoch);
        Stamp = stamp;
        _isHeld = false;
        previous.Retire();
    }

    /// <summary>Keeps the contents in force from traffic, or lets them judge it.</summary>
    /// <param name="isHeld">Traffic is refused.</param>
    public void Hold(bool isHeld) => _isHeld = isHeld;

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        Http?.Dispose();
        if (Current.Model is { } model) await model.DisposeAsync();
    }

    /// <summary>The model for an epoch to be: the one in force where its files are the same, else a new one, loaded beside it.</summary>
    private ServedModel? HoldModel(EpochCandidate candidate)
    {
        var serving = Volatile.Read(ref _current)?.Model;
        if (serving is not null && serving.Stamp == Files.ModelStamp() && serving.TryHold()) return serving;
        var loaded = ServedModel.Load(Files, _options.Classifier, _metrics, _clock, candidate);
        if (loaded is null || serving is null || !serving.IsSameAs(loaded) || !serving.TryHold()) return loaded;

        // Touched, or copied over itself: its scores that are remembered stay good.
        serving.Stamp = loaded.Stamp;
        loaded.Release();
        return serving;
    }

    private TenantBook Tenants(PolicyBook book) =>
        _options.Tenants is null ? TenantBook.None : new TenantLoader(_options.Tenants, _options.KeySecret, book.Policies.ContainsKey, _clock).Load();

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

    private Epoch Compile(EpochContents contents, ServedModel? model)
    {
        var policies = contents.Book.Policies.Values;
        var variantsMayBlock = policies.Any(policy => policy.Variants == VariantAction.Block);
        var keywords = new KeywordDetector(contents.Lexicon, mostSeparators: _options.Keywords.Separators, variantsMayBlock: variantsMayBlock, tiers: TierTable.Of(policies));
        var folder = keywords.FolderVersion;
        var modelVersion = model?.Version ?? "none";
        var identity = $"{contents.Book.Version}|{contents.Lexicon.Version}|{modelVersion}|{model?.Model.Fingerprint}|{folder}";
        var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
        return new Epoch
        {
            Id = content[..12],
            Content = content,
            Inspector = new Inspector(new IDetector?[] { keywords, new PersonalDataDetector(), model?.Detector, Http }.OfType<IDetector>()),
            Book = contents.Book,
            Candidate = contents.Candidate,
            Shadow = model?.Shadow is { } shadow ? ShadowBook(contents.Book, DefaultsOf(shadow)) : null,
            Tenants = contents.Tenants,
            Lexicon = contents.Lexicon,
            ModelVersion = modelVersion,
            Model = model,
            FolderVersion = folder,
        };
    }

    /// <summary>The policies with the thresholds that the shadow model brings; where a policy does not go with them, with those in force: a shadow refuses nothing.</summary>
    private PolicyBook ShadowBook(PolicyBook served, Dictionary<string, Thresholds> defaults)
    {
        try
        {
            return PolicyLoader.LoadBook(Files.Policies, defaults);
        }
        catch (PolicyException)
        {
            return served;
        }
    }

    /// <summary>The thresholds that a model brings.</summary>
    public static Dictionary<string, Thresholds> DefaultsOf(ClassifierModel? model) => model?.Thresholds.ToDictionary(
        pair => pair.Key, pair => new Thresholds(pair.Value.Block, pair.Value.Label, pair.Value.Cut), StringComparer.Ordinal) ?? [];

    private sealed record EpochContents(Lexicon Lexicon, PolicyBook Book, PolicyBook? Candidate, TenantBook Tenants);
}
