using Gateway.Audit;
using Gateway.Sanctions;

namespace Gateway.Cases;

/// <summary>What an upheld appeal does beside being upheld: the measure against its author is lifted, on record with who decided and why.</summary>
internal sealed class Reinstatement(UserLedger ledger, UserKeys keys, SanctionRecords records)
{
    /// <summary>Lifts the measure against the person whose exchange a case is about.</summary>
    /// <returns>False where there is none.</returns>
    /// <exception cref="Exception">Redis is away (<see cref="UserLedger.IsAbsence"/>): nothing has happened.</exception>
    public async Task<bool> LiftAsync(Complaint complaint, string actor, string reason)
    {
        var tenant = keys.OfTenant(complaint.Tenant);
        if (complaint.Subject is not { } subject || await ledger.FindAsync(tenant, subject) is not { } user) return false;
        var standing = await ledger.ShowAsync(tenant, user);
        if (standing.State == UserState.None) return false;
        var lifted = new Standing { State = UserState.None, Reason = reason, Actor = actor, Subject = subject, Tenant = complaint.Tenant };
        await ledger.SetAsync(tenant, user, lifted);
        await records.ChangedAsync(complaint.Tenant, subject, lifted, actor, $"{complaint.Id} upheld: {reason}", complaint.Exchange);
        return true;
    }
}
