using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Telemetry;

namespace Gateway.Cases;

/// <summary>
/// Keeps cases in the audit chain: an event is durable there before anybody is told. Follows the journal from afar, for events that other
/// processes brought and for the review queue.
/// </summary>
internal sealed class CaseStore(
    JournalHost host, CaseBook book, ReviewQueue reviews, GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, ILogger<CaseStore> logger)
    : BackgroundService
{
    private const int Stride = 10_000; // entries after which the position is kept although nothing concerned a case

    private readonly SemaphoreSlim _following = new(1, 1);
    private CaseFile? _file;
    private JournalReader? _reader;
    private long _position;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _file = new CaseFile(options.Audit.Directory);
        var altered = 0;
        foreach (var happened in _file.Read(() => altered++)) book.Apply(happened);
        if (altered > 0) logger.LogError("{Count} lines of cases.ndjson in {Directory} do not fit their hash and are not believed; the chain is what counts", altered, options.Audit.Directory);
        Observe();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Records an event of a case.</summary>
    /// <exception cref="AuditJournalException">The journal does not take it; nothing has happened.</exception>
    public async Task AppendAsync(EventEntry happened)
    {
        await host.Journal.AppendAsync(happened, CancellationToken.None);
        metrics.AuditEntry(happened.Kind);
        book.Apply(happened);
    }

    /// <summary>Reads what is new in the journal.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _following.WaitAsync(cancellationToken);
        try
        {
            Follow(cancellationToken);
        }
        finally
        {
            _following.Release();
        }
    }

    public override void Dispose()
    {
        _reader?.Dispose();
        _following.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(options.Review.RefreshSeconds), clock, stoppingToken);
                await RefreshAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Part of the journal's loops: a look that fails must not end the looking.
                logger.LogError("The journal could not be followed for cases and reviews: {Fault}", fault.Message);
            }
        }
    }

    private void Follow(CancellationToken cancellationToken)
    {
        var kept = _file!.Position;
        if (_reader is null)
        {
            _reader = host.Journal.OpenReader();
            if (Start(kept) is var start and > 0) _reader.SeekAfter(start);
        }

        var events = new List<JournalEntry>();
        while (!cancellationToken.IsCancellationRequested && _reader.TryRead(out var entry))
        {
            _position = entry.Sequence;
            reviews.Take(entry);
            if (CaseFile.EventOf(entry) is not { } happened) continue;
            book.Apply(happened);
            if (entry.Sequence > kept) events.Add(entry);
        }

        // The segments before may be the archive's by the next start.
        if (events.Count > 0 || _position - kept >= Stride) _file.Write(events, _position);
    }

    /// <summary>Where to begin after a start: segments that hold neither news for the cases nor anything that still waits for a review are passed over.</summary>
    private long Start(long kept)
    {
        var oldest = clock.GetUtcNow().UtcDateTime.AddDays(-options.Review.Days);
        var segments = Directory.EnumerateFiles(options.Audit.Directory, "journal-*.ndjson").Order(StringComparer.Ordinal).ToList();
        var firsts = segments.ConvertAll(path => long.TryParse(Path.GetFileNameWithoutExtension(path)["journal-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : 0);
        var begin = 0;
        while (begin + 1 < segments.Count && firsts[begin + 1] - 1 <= kept && File.GetLastWriteTimeUtc(segments[begin]) < oldest) begin++;
        return segments.Count == 0 ? 0 : firsts[begin] - 1;
    }

    private void Observe()
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("gateway_complaints_open", () => book.Complaints.Count(complaint => complaint.IsOpen), description: "Complaints and appeals that are not decided yet.");
        meter.CreateObservableGauge("gateway_complaints_overdue", () => book.Complaints.Count(complaint => complaint.IsOverdue(clock.GetUtcNow())), description: "Complaints and appeals whose time limit has passed.");
        meter.CreateObservableGauge("gateway_review_queue_length", () => reviews.Waiting.Count, description: "Exchanges that wait for a reviewer, as of the last look at the journal.");
        meter.CreateObservableGauge("gateway_review_overdue", () => reviews.Waiting.Count(item => clock.GetUtcNow() > item.Due), description: "Exchanges whose time for review has passed.");
        meter.CreateObservableGauge("gateway_incidents_overdue", () => book.Incidents.Count(incident => incident.Overdue(clock.GetUtcNow()) is not null), description: "Incidents whose report or closing summary is late.");
    }
}
