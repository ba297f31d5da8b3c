using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Inspection.Policies;

namespace Gateway.Cases;

/// <summary>
/// Exchanges that people look at: what was blocked, what was decided narrowly, what a complaint is about, and a sample of allowed traffic.
/// It is made of the journal's entries, so nothing is done for it while traffic passes.
/// </summary>
internal sealed class ReviewQueue(GatewayOptions options, EpochSource epochs, CaseBook cases, TimeProvider clock)
{
    /// <summary>Most that wait; beyond, the oldest go.</summary>
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, JournalEntry> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReviewItem> _items = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>What waits, the oldest first.</summary>
    public IReadOnlyList<ReviewItem> Waiting
    {
        get
        {
            var oldest = clock.GetUtcNow().AddDays(-options.Review.Days);
            var complaints = cases.Complaints.Where(complaint => complaint.IsOpen).DistinctBy(complaint => complaint.Exchange).ToDictionary(complaint => complaint.Exchange, StringComparer.Ordinal);
            lock (_gate)
            {
                var waiting = _items.Values.Select(item => complaints.ContainsKey(item.Exchange) ? item with { Kind = "complaint" } : item).ToList();
                foreach (var (exchange, complaint) in complaints)
                {
                    if (!_items.ContainsKey(exchange)) waiting.Add(new ReviewItem(exchange, "complaint", complaint.Filed, complaint.Due, [], null, null));
                }

                return [.. waiting.Where(item => item.Time >= oldest && !IsDone(item)).OrderBy(item => item.Time)];
            }
        }
    }

    /// <summary>Whether enough reviewers agree: two on core values, one on the rest, and a third where two differ.</summary>
    public bool IsDone(ReviewItem item) => Agreed(cases.DecisionsOn(item.Exchange), item.Needed).Count > 0;

    /// <summary>What reviewers agree on, by side.</summary>
    public static IReadOnlyList<ReviewDecision> Agreed(IReadOnlyList<ReviewDecision> decisions, int needed) =>
    [
        .. decisions.GroupBy(decision => decision.Side).Select(side => side.GroupBy(decision => decision.Word)
            .Where(same => same.Select(decision => decision.Reviewer).Distinct(StringComparer.Ordinal).Count() >= needed)
            .OrderByDescending(same => same.Count()).FirstOrDefault()?.Last()).OfType<ReviewDecision>(),
    ];

    /// <summary>Takes an entry of the journal.</summary>
    public void Take(JournalEntry entry)
    {
        if (!options.Review.Enabled) return;
        if (entry.Kind == AuditKinds.Open)
        {
            // Held until its close comes; a journal that lost closes must not fill the memory.
            if (_open.Count < 100_000) _open[entry.ExchangeId] = entry;
            return;
        }

        if (entry.Kind != AuditKinds.Close || !_open.Remove(entry.ExchangeId, out var opening)) return;
        if (!MayMatter(opening) && !MayMatter(entry)) return;
        var record = ExchangeRecord.Fold([opening, entry]);
        if (ReviewItem.KindOf(record, Thresholds(record), options.Review.Margin) is not { } kind) return;
        var risks = (record.Opening?.Request.Detections ?? []).Concat(record.Response?.Detections ?? []).Select(detection => detection.Risk).Distinct(StringComparer.Ordinal).ToList();
        var item = new ReviewItem(record.Id, kind, record.Time, record.Time.AddHours(options.Review.DueHours), risks, record.Opening?.Request.Action, record.Response?.Action);
        lock (_gate)
        {
            if (!_items.TryAdd(item.Exchange, item)) return;
            _order.Enqueue(item.Exchange);
            while (_order.Count > Most) _items.Remove(_order.Dequeue());
        }
    }

    /// <summary>An entry without findings and without text belongs to nobody's queue: most of them are told apart without being read.</summary>
    private static bool MayMatter(JournalEntry entry) =>
        entry.Json.Span.IndexOf("\"text\":{"u8) >= 0 || entry.Json.Span.IndexOf("\"risk\":"u8) >= 0 || entry.Json.Span.IndexOf("\"action\":\"block\""u8) >= 0;

    private Func<string, Thresholds> Thresholds(ExchangeRecord record)
    {
        var book = epochs.Current.Book;
        var policy = record.Opening?.Policy is { } name && book.TryGet(name, out var known) ? known : book.Policies[EpochSource.DefaultPolicy];
        return label => policy.Thresholds.TryGetValue(label, out var thresholds) ? thresholds : Inspection.Policies.Thresholds.Never;
    }
}
