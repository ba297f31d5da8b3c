using System.Diagnostics.Metrics;
using System.Globalization;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Sanctions;
using Gateway.Telemetry;

namespace Gateway.Audit;

/// <summary>Every change of a user's standing is an event in the chain: who, why, until when. The person is there by pseudonym.</summary>
internal sealed class SanctionRecords(JournalHost host, GatewayMetrics metrics, ILogger<SanctionRecords> logger)
{
    private readonly Counter<long> _changes = metrics.Meter.CreateCounter<long>("gateway_user_sanctions", description: "Changes of users' standing, by the state they came to.");

    /// <summary>The key of a user, which a first measure mints; <see langword="null"/> where the key store fails.</summary>
    public SubjectKey? KeyOf(string? tenant, string user)
    {
        try
        {
            return host.Keys.GetOrMint(tenant ?? "", user);
        }
        catch (Exception fault) when (fault is KeyStoreException or IOException or UnauthorizedAccessException)
        {
            metrics.AuditFault();
            logger.LogError("A user's pseudonym could not be made: {Fault}", fault.Message);
            return null;
        }
    }

    /// <summary>Records a change that a blocked turn brought about.</summary>
    public Task ChangedAsync(BlockedTurn turn, Standing standing) => ChangedAsync(turn.Tenant, turn.Subject, standing, Ladder.Actor, standing.Reason, turn.Id);

    /// <summary>Records a change.</summary>
    public async Task ChangedAsync(string? tenant, string? subject, Standing standing, string actor, string? reason, string? exchange)
    {
        _changes.Add(1, new KeyValuePair<string, object?>("state", standing.State.ToString().ToLowerInvariant()));
        await RecordAsync(EventOf(standing.State), tenant, subject, standing, actor, reason, exchange);
    }

    /// <summary>Records what a user says against a measure.</summary>
    public Task AppealedAsync(string? tenant, string? subject, Standing standing, string actor, string reason) => RecordAsync(AuditEvents.UserAppealed, tenant, subject, standing, actor, reason, null);

    /// <summary>Records what somebody decided about an appeal, before it is carried out.</summary>
    public Task AppealDecidedAsync(string? tenant, string? subject, Standing standing, string actor, string reason, bool isGranted) =>
        RecordAsync(AuditEvents.AppealDecided, tenant, subject, standing, actor, reason, null, ("outcome", isGranted ? "granted" : "rejected"));

    private async Task RecordAsync(string name, string? tenant, string? subject, Standing standing, string actor, string? reason, string? exchange, params (string Name, string Value)[] more)
    {
        try
        {
            var facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = standing.State.ToString().ToLowerInvariant() };
            if (standing.Until > 0) facts["until"] = DateTimeOffset.FromUnixTimeMilliseconds(standing.Until).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            if (standing.Suspensions > 0) facts["suspensions"] = standing.Suspensions.ToString(CultureInfo.InvariantCulture);
            if (tenant is not null) facts["tenant"] = tenant;
            foreach (var (fact, value) in more) facts[fact] = value;
            await host.Journal.AppendAsync(RecordPlaces.Event(name, actor, reason, subject, exchange, facts), CancellationToken.None);
        }
        catch (Exception fault) when (fault is AuditJournalException)
        {
            metrics.AuditFault();
            logger.LogError("A change of a user's standing ({Event}) could not be recorded: {Fault}", name, fault.Message);
        }
    }

    private static string EventOf(UserState state) => state switch
    {
        UserState.Warned => AuditEvents.UserWarned,
        UserState.Limited => AuditEvents.UserLimited,
        UserState.Suspended => AuditEvents.UserSuspended,
        UserState.Terminated => AuditEvents.UserTerminated,
        _ => AuditEvents.UserLifted,
    };
}
