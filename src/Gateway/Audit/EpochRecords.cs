using System.Globalization;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Each change of what is in force is an event in the chain, with who approved it.</summary>
internal sealed class EpochRecords(JournalHost host, EpochApprovals approvals, ILogger<EpochRecords> logger)
{
    /// <summary>An epoch came into force.</summary>
    public void Activated(Epoch epoch, string previous)
    {
        var by = approvals.By(epoch.Content);
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["epoch"] = epoch.Id,
            ["content"] = epoch.Content,
            ["previous"] = previous,
            ["lexicon"] = epoch.LexiconVersion,
            ["policies"] = epoch.Book.Version,
            ["policyCount"] = epoch.Policies.Count.ToString(CultureInfo.InvariantCulture),
            ["tenants"] = epoch.Tenants.Version,
            ["model"] = epoch.ModelVersion,
        };
        if (by.Count > 0) facts["approvedBy"] = string.Join(", ", by);
        else if (approvals.IsNeeded) facts[ApprovalTrace.FirstFact] = "true";
        _ = RecordAsync(RecordPlaces.Event(AuditEvents.EpochActivated, "gateway", by.Count > 0 ? "approved" : approvals.IsNeeded ? "first start: nobody had approved anything" : "the files have changed", facts: facts));
    }

    /// <summary>Approvals that the journal tells of are gone from where the node remembers them.</summary>
    public void StateLost(Epoch epoch) => _ = RecordAsync(RecordPlaces.Event(
        AuditEvents.StateLost, "gateway", "no approvals are remembered although the journal tells of some", facts: new Dictionary<string, string> { ["epoch"] = epoch.Id, ["taken"] = approvals.TakesAgain ? "true" : "false" }));

    private async Task RecordAsync(EventEntry happened)
    {
        try
        {
            await host.Journal.AppendAsync(happened, CancellationToken.None);
        }
        catch (Exception fault) when (fault is AuditJournalException or InvalidOperationException)
        {
            logger.LogError("What came into force could not be recorded: {Fault}", fault.Message);
        }
    }
}
