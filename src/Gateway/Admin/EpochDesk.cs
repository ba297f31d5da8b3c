using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Configuration;

namespace Gateway.Admin;

/// <summary>What is in force, what waits for approval, and the approvals.</summary>
internal sealed class EpochDesk(EpochSource epochs, EpochReloader reloader, EpochApprovals approvals, NodeEpochs nodes, JournalHost host)
{
    public IEnumerable<AdminOperation> Operations =>
    [
        new("GET", "/epochs", AdminRoles.All, "The epoch in force, the one that waits, who approved it, and what other nodes run on.", ShowAsync),
        new("POST", "/epochs/{id}/approve", AdminRoles.Running, "Approves the change that waits. In regulated mode two persons must.", ApproveAsync) { Parameters = [("reason", "why; recorded")] },
        new("POST", "/epochs/{id}/reject", AdminRoles.Running, "Rejects the change that waits.", RejectAsync) { Parameters = [("reason", "why; recorded")] },
    ];

    private Task ShowAsync(AdminCall call)
    {
        var (current, waiting) = (epochs.Current, reloader.Waiting);
        return call.AnswerAsync(new JsonObject
        {
            ["epoch"] = current.Id,
            ["content"] = current.Content,
            ["lexicon"] = current.LexiconVersion,
            ["policies"] = current.Book.Version,
            ["model"] = current.ModelVersion,
            ["shadow"] = current.Model?.ShadowVersion ?? "none",
            ["tenants"] = current.Tenants.Version,
            ["candidate"] = current.Candidate?.Version,
            ["approvedBy"] = Names(approvals.By(current.Content)),
            ["unapproved"] = reloader.IsUnapproved,
            ["held"] = epochs.IsHeld,
            ["refused"] = reloader.IsRefused,
            ["waiting"] = waiting is null ? null : new JsonObject { ["epoch"] = waiting.Id, ["content"] = waiting.Content, ["lexicon"] = waiting.LexiconVersion, ["policies"] = waiting.Book.Version, ["model"] = waiting.ModelVersion, ["approvedBy"] = Names(approvals.By(waiting.Content)), ["rejected"] = approvals.IsRejected(waiting.Content) },
            ["nodes"] = new JsonObject(nodes.Known.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["disagree"] = nodes.Disagree,
        });
    }

    private async Task ApproveAsync(AdminCall call)
    {
        if (await ReasonAsync(call) is not { } asked) return;
        var (content, reason) = asked;
        await RecordAsync(AuditEvents.EpochApproved, call, content, reason);
        if (!approvals.Approve(content, call.Actor))
        {
            await call.FailAsync(409, "You have approved it already: another person must.");
            return;
        }

        reloader.Ask();
        nodes.Ask();
        await call.AnswerAsync(new JsonObject { ["epoch"] = call.Values["id"], ["content"] = content, ["approvedBy"] = Names(approvals.By(content)), ["approved"] = approvals.IsApprovedByTwo(content) });
    }

    private async Task RejectAsync(AdminCall call)
    {
        if (await ReasonAsync(call) is not { } asked) return;
        var (content, reason) = asked;
        await RecordAsync(AuditEvents.EpochRejected, call, content, reason);
        approvals.Reject(content);
        reloader.Ask();
        nodes.Ask();
        await call.AnswerAsync(new JsonObject { ["epoch"] = call.Values["id"], ["rejected"] = true });
    }

    /// <returns><see langword="null"/> after an error was answered.</returns>
    private async Task<(string Content, string Reason)?> ReasonAsync(AdminCall call)
    {
        if (await call.BodyAsync() is not { } body) return null;
        // What the first start took can be approved afterwards. Whoever approves approves contents: the id in the call is looked up once.
        var (waiting, current) = (reloader.Waiting, epochs.Current);
        var meant = waiting is not null && Means(call, waiting) ? waiting : reloader.IsUnapproved && Means(call, current) ? current : null;
        if (meant is null) await call.FailAsync(404, "No change with this id waits. GET /epochs shows the one that does.");
        else if (AdminCall.Text(body, "reason") is { } reason) return (meant.Content, reason);
        else await call.FailAsync(400, "Send a reason; it is recorded.");
        return null;
    }

    /// <summary>By id or by the whole hash.</summary>
    private static bool Means(AdminCall call, Epoch epoch) => call.Values["id"] is var id && (id == epoch.Id || id == epoch.Content);

    private ValueTask<long> RecordAsync(string name, AdminCall call, string content, string reason) =>
        host.Journal.AppendAsync(RecordPlaces.Event(name, call.Actor, reason, facts: new Dictionary<string, string> { ["epoch"] = content[..12], ["content"] = content }), CancellationToken.None);

    private static JsonArray Names(IReadOnlyList<string> names) => new([.. names.Select(name => (JsonNode?)name)]);
}
