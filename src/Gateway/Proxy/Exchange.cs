using System.Diagnostics;
using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Care;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Sanctions;
using Gateway.Tenants;

namespace Gateway.Proxy;

/// <summary>One request with its response: what the rooms along the path learn and what the record will say.</summary>
internal sealed class Exchange
{
    /// <summary>Name of the policy of minors.</summary>
    public const string MinorPolicy = "minor";

    private readonly TimeProvider _clock;
    private readonly long _started;

    public Exchange(TimeProvider clock, Epoch epoch, Policy policy, IProtocol protocol, Operation operation)
    {
        _clock = clock;
        _started = clock.GetTimestamp();
        StartedAt = clock.GetUtcNow();
        Id = ExchangeId.New(StartedAt);
        Epoch = epoch;
        Policy = policy;
        Protocol = protocol;
        Operation = operation;
    }

    /// <summary>UUIDv7; also the <c>Gateway-Request-Id</c> header.</summary>
    public string Id { get; }

    public DateTimeOffset StartedAt { get; }

    public Epoch Epoch { get; }

    public Policy Policy { get; private set; }

    /// <summary>The same policy as it is to come, where there are policies to come.</summary>
    public Policy? Candidate => Epoch.Candidate is { } book && book.TryGet(Policy.Name, out var policy) ? policy : null;

    /// <summary>Where what the shadow model says of one side comes together; <see langword="null"/> without a shadow.</summary>
    public ShadowVerdicts? ShadowOf(TextSide side) => Epoch.Shadow is { } book && book.TryGet(Policy.Name, out var policy) ? new ShadowVerdicts(Policy, policy, side) : null;

    /// <summary>The policy that the route names.</summary>
    public string RoutePolicy { get; init; } = PolicyBook.DefaultName;

    /// <summary>Who came in, where there are tenants.</summary>
    public ClientIdentity? Client { get; set; }

    public IProtocol Protocol { get; }

    /// <summary>How the answer would be streamed, as far as the request says.</summary>
    public StreamFormats Format { get; set; }

    public Operation Operation { get; }

    public string Method { get; init; } = "";

    public string Path { get; set; } = "";

    /// <summary>The model that the request names.</summary>
    public string? Model { get; set; }

    /// <summary>The tenant, where a trusted header names one.</summary>
    public string? Tenant { get; set; }

    /// <summary>The end user in the operator's terms, where a configured source names one. Never recorded: records hold a pseudonym.</summary>
    public string? EndUser { get; set; }

    /// <summary>What the model server counted; <see langword="null"/> where it said nothing.</summary>
    public Dictionary<string, long>? Usage { get; set; }

    /// <summary>The key of the end user, once it was needed.</summary>
    public SubjectKey? SubjectKey { get; set; }

    /// <summary>What the record keeps of the prompt's text.</summary>
    public KeptText RequestText { get; private set; } = new();

    /// <summary>What the record keeps of the answer's text.</summary>
    public KeptText ResponseText { get; } = new();

    /// <summary>The client asked for a stream.</summary>
    public bool IsStream { get; set; }

    /// <summary>The request's body as forwarded; kept so that it can be sent again to another destination.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>Content coding was undone: the forwarded body is not encoded.</summary>
    public bool BodyWasDecoded { get; set; }

    /// <summary>The body is passed on as it comes, because the route has no policy.</summary>
    public bool ForwardsUnread { get; set; }

    /// <summary>Headers of the request that are not forwarded, because of what they hold.</summary>
    public IReadOnlyList<string> WithheldHeaders { get; set; } = [];

    public Judgement Request { get; private set; } = new();

    public Judgement Response { get; } = new();

    /// <summary>HTTP status sent to the client.</summary>
    public int Status { get; set; }

    /// <summary>One of <c>AuditOutcome</c>'s words; <see langword="null"/> while the exchange runs.</summary>
    public string? Outcome { get; set; }

    /// <summary>Which destination answered.</summary>
    public string? Destination { get; set; }

    /// <summary>Fault worth recording, in the gateway or upstream.</summary>
    public string? Fault { get; set; }

    /// <summary>Characters of text that the model produced, as far as they arrived.</summary>
    public long ProducedCharacters { get; set; }

    /// <summary>Characters of text released to the client.</summary>
    public long DeliveredCharacters { get; set; }

    /// <summary>Characters of text known to have been written to the client's connection.</summary>
    public long WrittenCharacters { get; set; }

    /// <summary>What the close entry says was delivered; −1 before there is one.</summary>
    public long ClosedCharacters { get; set; } = -1;

    /// <summary>The open entry has been handed to the journal.</summary>
    public bool IsOpened { get; set; }

    /// <summary>Completes when the open entry is durable, or, if <see cref="IsOpeningCovered"/>, when it has its place.</summary>
    public Task? Opening { get; set; }

    /// <summary>The open entry becomes durable with a later one.</summary>
    public bool IsOpeningCovered { get; set; }

    /// <summary>The close entry is in the journal's queue.</summary>
    public bool IsClosed { get; set; }

    /// <summary>An answer of the model server has arrived and gone to a guard.</summary>
    public bool IsGuarded { get; set; }

    /// <summary>A trusted front end says that the end user is a minor.</summary>
    public bool IsMinor { get; set; }

    /// <summary>What was done out of care, for the record; <see langword="null"/> for nothing.</summary>
    public IReadOnlyList<string>? Care { get; set; }

    /// <summary>What the user is told beside the answer.</summary>
    public IReadOnlyList<CareNotice> Notices { get; set; } = [];

    /// <summary>The machine-readable labels of the answer; <see langword="null"/> where there are none.</summary>
    public ContentLabel? ContentLabel { get; set; }

    /// <summary>The notice in the answer's text; <see langword="null"/> where policy wants none.</summary>
    public TextLabel? TextLabel { get; set; }

    /// <summary>What the record says of labels; <see langword="null"/> where there were none to write.</summary>
    public LabelRecord? LabelRecord => ContentLabel is null && TextLabel is null ? null : (ContentLabel?.Record ?? new LabelRecord { Kind = ContentLabel.None }) with { Text = TextLabel?.Outcome };

    /// <summary>The guard of a streamed answer.</summary>
    public StreamGuard? Stream { get; set; }

    /// <summary>Time spent in the gateway's own rooms, upstream waits left out.</summary>
    public TimeSpan AddedLatency { get; private set; }

    /// <summary>When the request had been read, as a timestamp; 0 before.</summary>
    public long ReadAt { get; set; }

    /// <summary>When the prompt had been judged, as a timestamp; 0 before.</summary>
    public long JudgedAt { get; set; }

    /// <summary>When the request was forwarded, as a timestamp; 0 before.</summary>
    public long ForwardedAt { get; set; }

    /// <summary>When the head of the answer came, as a timestamp; 0 before.</summary>
    public long AnsweredAt { get; set; }

    /// <summary>The answer is in its guard: the time since it came is not in <see cref="AddedLatency"/> yet.</summary>
    public bool IsAnswering { get; set; }

    /// <summary>The gateway's own time before the answer came.</summary>
    public TimeSpan RequestLatency { get; set; }

    public TimeSpan Elapsed => _clock.GetElapsedTime(_started);

    /// <summary>The strictest action of both directions that was carried out.</summary>
    public GuardAction EnforcedAction =>
        Policy.Mode == EnforcementMode.Monitor ? GuardAction.Allow : (GuardAction)Math.Max((int)Request.Action, (int)Response.Action);

    /// <summary>Whom limits and measures are counted for, from entering to leaving.</summary>
    public LedgerCaller? Caller { get; set; }

    /// <summary>What the ledger said when the exchange came in.</summary>
    public Admission Admission { get; set; }

    /// <summary>Turned away because of a limit: counted, and no record.</summary>
    public bool IsOnlyCounted { get; set; }

    /// <summary>Goes on with a body from which blocked history was cut: it is judged anew, and the record says how much went.</summary>
    public void ReplaceBody(byte[] rest)
    {
        var cut = Body.Length - rest.Length;
        Body = rest;
        Request = new Judgement();
        RequestText = new KeptText();
        Request.AddUnjudged(new UnjudgedPart("replaced", null, "blocked history", cut));
    }

    /// <summary>Puts the policy together, by what is known of tenant, route, model and key.</summary>
    public void ChoosePolicy()
    {
        var tenant = Client?.Tenant;
        var model = tenant?.ForModel(Model) ?? (Epoch.Book.HasModels ? Epoch.Book.ForModel(Model) : null);
        if (tenant is not null || model is not null) Policy = Epoch.Book.Resolve(tenant?.Policy, RoutePolicy, model, Client?.Key?.Policy);

        // On top of whatever else applies; where there is no such policy the start says so.
        if (IsMinor && !Policy.Name.Split(PolicyBook.Joint).Contains(MinorPolicy, StringComparer.OrdinalIgnoreCase) && Epoch.Book.TryGet($"{Policy.Name}{PolicyBook.Joint}{MinorPolicy}", out var stricter)) Policy = stricter;
    }

    /// <summary>Milliseconds in each room, for the record; a room that was not entered is not there.</summary>
    public Dictionary<string, double> Timings()
    {
        // The record is written inside the room that is being measured.
        var total = Elapsed;
        var own = ForwardedAt == 0 ? total : IsAnswering ? AddedLatency + _clock.GetElapsedTime(AnsweredAt) : AddedLatency;
        var timings = new Dictionary<string, double>(6) { ["total"] = Milliseconds(total), ["gateway"] = Milliseconds(own) };
        if (ReadAt != 0) timings["read"] = Milliseconds(_clock.GetElapsedTime(_started, ReadAt));
        if (JudgedAt != 0) timings["inspect"] = Milliseconds(_clock.GetElapsedTime(ReadAt, JudgedAt));
        if (AnsweredAt != 0)
        {
            timings["upstream"] = Milliseconds(_clock.GetElapsedTime(ForwardedAt, AnsweredAt));
            timings["answer"] = Milliseconds(own - RequestLatency);
        }

        return timings;
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    /// <summary>A timestamp for <see cref="Spent"/>.</summary>
    public long Mark() => _clock.GetTimestamp();

    /// <summary>Adds the time since <paramref name="mark"/> to the gateway's own.</summary>
    public void Spent(long mark) => AddedLatency += _clock.GetElapsedTime(mark);

    /// <summary>Takes the time since <paramref name="mark"/> off again: it was spent waiting for somebody else.</summary>
    public void Waited(long mark) => AddedLatency -= _clock.GetElapsedTime(mark);

    /// <summary>What is known of the answer; what it does not say of itself, the gateway does.</summary>
    /// <param name="id">The id it gives itself.</param>
    /// <param name="model">The model it names.</param>
    /// <param name="created">When it says it was made, in the protocol's way.</param>
    /// <param name="format">How it is streamed.</param>
    public AnswerFacts FactsOf(string? id, string? model, string? created, StreamFormats format) =>
        new(Operation, id ?? Id, model ?? Model ?? "unknown", created ?? "0", format);

    /// <summary>What an answer of the gateway's own says of itself.</summary>
    public AnswerFacts Facts => new(Operation, Id, Model ?? "unknown", StartedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), Format);

    /// <summary>The words used in headers and records.</summary>
    public static string NameOf(GuardAction action) => action switch
    {
        GuardAction.Allow => "allow",
        GuardAction.Label => "label",
        GuardAction.Mask => "mask",
        GuardAction.Block => "block",
        _ => throw new UnreachableException(),
    };
}
