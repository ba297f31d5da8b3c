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
        var by = approvals.By(epoch.Id);
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["epoch"] = epoch.Id,
            ["previous"] = previous,
            ["lexicon"] = epoch.LexiconVersion,
            ["policies"] = epoch.Book.Version,
            ["policyCount"] = epoch.Policies.Count.ToString(CultureInfo.InvariantCulture),
            ["tenants"] = epoch.Tenants.Version,
            ["model"] = epoch.ModelVersion,
        };
        if (by.Count > 0) facts["approvedBy"] = string.Join(", ", by);
        _ = RecordAsync(RecordPlaces.Event(AuditEvents.EpochActivated, "gateway", by.Count > 0 ? "approved" : approvals.IsNeeded ? "first start: nobody had approved anything" : "the files have changed", facts: facts));
    }

    private async Task RecordAsync(EventEntry happened)
    {
        try
        {
            await host.Journal.AppendAsync(happened, CancellationToken.None);
        }
        catch (Exception fault) when (fault is AuditJournalException or InvalidOperationException)
        {
            logger.LogError("The activation of an epoch could not be recorded: {Fault}", fault.Message);
        }
    }
}
