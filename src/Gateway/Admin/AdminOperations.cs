using Gateway.Audit;
using Gateway.Cases;

namespace Gateway.Admin;

/// <summary>Everything the admin API can be asked.</summary>
internal sealed class AdminOperations(AuditEndpoint audit, CaseEndpoint cases, PolicyDesk policies, LexiconDesk lexicons, EpochDesk epochs, UserDesk users)
{
    public IEnumerable<AdminOperation> All =>
    [
        new("GET", AuditEndpoint.Path, AdminRoles.All, "Searches records.", call => audit.AnswerAsync(call.Context, call.Actor, call.Role))
        {
            Parameters = [("user", "end user or pseudonym"), ("risk", "a risk found"), ("action", "allow, label, mask or block"), ("from", "time"), ("to", "time"), ("limit", "items a page"), ("cursor", "next page")],
        },
        new("GET", AuditEndpoint.Path + "/{id}", AdminRoles.All, "Shows a record; its evidence for the roles auditor and admin, with a reason.", call => audit.AnswerAsync(call.Context, call.Actor, call.Role))
        {
            Parameters = [("decrypt", "true for evidence in the clear"), ("reason", "why; recorded")],
        },
        new("GET", "/complaints", AdminRoles.All, "Lists complaints and appeals.", Cases) { Parameters = [("state", "their state"), ("overdue", "true for those that are late")] },
        new("GET", "/complaints/{id}", AdminRoles.Deciding, "Shows a complaint with its text.", Cases),
        new("POST", "/complaints/{id}/{step}", AdminRoles.Reviewing, "Takes, upholds, rejects or withdraws a complaint.", Cases) { Parameters = [("reason", "why; its author reads it")] },
        new("GET", "/reviews", AdminRoles.All, "What waits for review.", Cases) { Parameters = [("kind", "kind of item")] },
        new("GET", "/reviews/{id}", AdminRoles.Deciding, "Shows an exchange with its evidence.", Cases),
        new("POST", "/reviews/{id}", AdminRoles.Reviewing, "Decides about an exchange.", Cases) { Parameters = [("side", "prompt or response"), ("labels", "risks; none for a harmless text")] },
        new("GET", "/incidents", AdminRoles.All, "Lists incidents.", Cases),
        .. policies.Operations,
        .. lexicons.Operations,
        .. epochs.Operations,
        .. users.Operations,
    ];

    private Task Cases(AdminCall call) => cases.AnswerAsync(call.Context, call.Actor);
}
