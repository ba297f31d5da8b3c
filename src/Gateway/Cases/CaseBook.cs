using System.Globalization;
using Gateway.Audit.Records;

namespace Gateway.Cases;

/// <summary>Complaints, reviews and incidents: the fold of their events. Each event counts once, in whatever order it is met again.</summary>
internal sealed class CaseBook
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Complaint> _complaints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Incident> _incidents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ReviewDecision>> _decisions = new(StringComparer.Ordinal);
    private readonly List<EventEntry> _incidentEvents = [];

    /// <summary>Events that make cases.</summary>
    public static bool Concerns(string name) => name is AuditEvents.ComplaintFiled or AuditEvents.ComplaintState or AuditEvents.ReviewDecided
        or AuditEvents.IncidentOpened or AuditEvents.IncidentReported or AuditEvents.IncidentClosed;

    public IReadOnlyList<Complaint> Complaints
    {
        get
        {
            lock (_gate) return [.. _complaints.Values.OrderBy(complaint => complaint.Filed).ThenBy(complaint => complaint.Id, StringComparer.Ordinal)];
        }
    }

    public IReadOnlyList<Incident> Incidents
    {
        get
        {
            lock (_gate) return [.. _incidents.Values.OrderBy(incident => incident.Found).ThenBy(incident => incident.Id, StringComparer.Ordinal)];
        }
    }

    public Complaint? Complaint(string id)
    {
        lock (_gate) return _complaints.GetValueOrDefault(id);
    }

    public Incident? Incident(string id)
    {
        lock (_gate) return _incidents.GetValueOrDefault(id);
    }

    /// <summary>What reviewers found about an exchange, in order.</summary>
    public IReadOnlyList<ReviewDecision> DecisionsOn(string exchange)
    {
        lock (_gate) return _decisions.TryGetValue(exchange, out var decisions) ? [.. decisions] : [];
    }

    /// <summary>Exchanges that reviewers looked at.</summary>
    public IReadOnlyList<string> Reviewed
    {
        get
        {
            lock (_gate) return [.. _decisions.Keys];
        }
    }

    /// <summary>What happened in an incident, in order.</summary>
    public IReadOnlyList<EventEntry> EventsOf(string incident)
    {
        lock (_gate) return [.. _incidentEvents.Where(happened => happened.Facts!["incident"] == incident)];
    }

    /// <summary>Takes an event.</summary>
    public void Apply(EventEntry happened)
    {
        if (!Concerns(happened.Event) || happened.Facts is not { } facts) return;
        lock (_gate)
        {
            if (!_known.Add(happened.Id)) return;
            switch (happened.Event)
            {
                case AuditEvents.ComplaintFiled:
                    _complaints[facts["complaint"]] = new Complaint(facts["complaint"], facts["kind"], happened.Exchange ?? "", facts["category"], Time(facts["at"]), Time(facts["due"]))
                    {
                        Against = facts.GetValueOrDefault("against"),
                        Subject = happened.Subject,
                        Tenant = facts.GetValueOrDefault("tenant"),
                        Text = facts.GetValueOrDefault("text"),
                        Token = facts.GetValueOrDefault("token"),
                    };
                    break;
                case AuditEvents.ComplaintState when _complaints.TryGetValue(facts["complaint"], out var complaint):
                    _complaints[complaint.Id] = complaint with { State = facts["state"], Since = Time(facts["at"]), Outcome = happened.Reason, Handler = happened.Actor };
                    break;
                case AuditEvents.ReviewDecided when happened.Exchange is { } exchange:
                    if (!_decisions.TryGetValue(exchange, out var decisions)) _decisions[exchange] = decisions = [];
                    decisions.Add(new ReviewDecision(exchange, facts["side"], facts["labels"].Split(',', StringSplitOptions.RemoveEmptyEntries), happened.Actor, Time(facts["at"])));
                    break;
                case AuditEvents.IncidentOpened:
                    _incidents[facts["incident"]] = new Incident(facts["incident"], facts["title"], facts["severity"], Time(facts["found"]), Time(facts["reportDue"]), Time(facts["closingDue"]));
                    _incidentEvents.Add(happened);
                    break;
                case AuditEvents.IncidentReported when _incidents.TryGetValue(facts["incident"], out var incident):
                    _incidents[incident.Id] = incident with { Reported = incident.Reported ?? Time(facts["at"]) };
                    _incidentEvents.Add(happened);
                    break;
                case AuditEvents.IncidentClosed when _incidents.TryGetValue(facts["incident"], out var incident):
                    _incidents[incident.Id] = incident with { Closed = Time(facts["at"]), Summary = happened.Reason };
                    _incidentEvents.Add(happened);
                    break;
            }
        }
    }

    /// <summary>A time as facts hold it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>A time out of facts.</summary>
    public static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
