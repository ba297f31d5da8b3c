using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Configuration;
using Gateway.Proxy;
using Gateway.Sanctions;

namespace Gateway.Admin;

/// <summary>Measures against users, by hand: how somebody stands, suspending, lifting, appeals.</summary>
internal sealed class UserDesk(UserLedger ledger, UserKeys keys, SanctionRecords records, GatewayOptions options, TimeProvider clock)
{
    private static readonly (string, string)[] Who = [("user", "the end user, as requests name them"), ("tenant", "the tenant, where there are any")];

    public IEnumerable<AdminOperation> Operations =>
    [
        new("GET", "/users/standing", AdminRoles.All, "How a user stands.", ShowAsync) { Parameters = Who },
        new("POST", "/users/suspend", AdminRoles.Judging, "Suspends a user.", call => SetAsync(call, UserState.Suspended)) { Parameters = [.. Who, ("reason", "why; recorded"), ("minutes", "how long; the setting when left out")] },
        new("POST", "/users/terminate", [AdminRoles.Admin], "Shuts a user out until somebody lifts it.", call => SetAsync(call, UserState.Terminated)) { Parameters = [.. Who, ("reason", "why; recorded")] },
        new("POST", "/users/lift", AdminRoles.Judging, "Lifts every measure.", call => SetAsync(call, UserState.None)) { Parameters = [.. Who, ("reason", "why; recorded")] },
        new("POST", "/users/appeal", AdminRoles.Judging, "Files what a user says against a suspension.", AppealAsync) { Parameters = [.. Who, ("reason", "what the user says; recorded")] },
        new("POST", "/users/appeal/decide", AdminRoles.Reviewing, "Grants an appeal, which lifts the measure, or rejects it.", DecideAsync) { Parameters = [.. Who, ("grant", "true or false"), ("reason", "why; recorded")] },
    ];

    private Task ShowAsync(AdminCall call) => GuardedAsync(call, async () =>
    {
        if (call.Query("user") is not { } user) await call.FailAsync(400, "Name the user: ?user=ID, with &tenant=NAME where there are tenants.");
        else await AnswerAsync(call, call.Query("tenant"), user);
    });

    private Task SetAsync(AdminCall call, UserState state) => WithUserAsync(call, async (body, tenant, user, reason) =>
    {
        var minutes = options.Sanctions.SuspendMinutes;
        if (body["minutes"] is { } given && !(given is JsonValue number && number.TryGetValue(out minutes) && minutes > 0))
        {
            await call.FailAsync(400, "minutes must be a whole number above 0.");
            return;
        }

        await ChangeAsync(call, tenant, user, state, state == UserState.Suspended ? clock.GetUtcNow().AddMinutes(minutes).ToUnixTimeMilliseconds() : 0, reason);
    });

    private Task AppealAsync(AdminCall call) => WithUserAsync(call, async (_, tenant, user, reason) =>
    {
        if (!await ledger.AppealAsync(keys.OfTenant(tenant), keys.OfUser(tenant, user), reason))
        {
            await call.FailAsync(409, "The user is not suspended: there is nothing to appeal against.");
            return;
        }

        await records.AppealedAsync(tenant, user, await StandingOf(tenant, user), call.Actor, reason);
        await AnswerAsync(call, tenant, user);
    });

    private Task DecideAsync(AdminCall call) => WithUserAsync(call, async (body, tenant, user, reason) =>
    {
        var standing = await StandingOf(tenant, user);
        if (standing.Appeal is null) await call.FailAsync(409, "There is no open appeal.");
        else if (body["grant"] is not JsonValue value || !value.TryGetValue(out bool grant)) await call.FailAsync(400, "grant must be true or false.");
        else if (grant) await ChangeAsync(call, tenant, user, UserState.None, 0, reason);
        else await ChangeAsync(call, tenant, user, standing.State, standing.Until, $"appeal rejected: {reason}");
    });

    private async Task ChangeAsync(AdminCall call, string? tenant, string user, UserState state, long until, string reason)
    {
        var standing = new Standing { State = state, Until = until, Reason = reason, Actor = call.Actor };
        await ledger.SetAsync(keys.OfTenant(tenant), keys.OfUser(tenant, user), standing);
        await records.ChangedAsync(tenant, user, standing, call.Actor, reason, null);
        await AnswerAsync(call, tenant, user);
    }

    private static Task WithUserAsync(AdminCall call, Func<JsonObject, string?, string, string, Task> act) => GuardedAsync(call, async () =>
    {
        if (await call.BodyAsync() is not { } body) return;
        if (AdminCall.Text(body, "user") is not { } user || AdminCall.Text(body, "reason") is not { } reason) await call.FailAsync(400, "Send user and reason, and tenant where there are tenants. The reason is recorded.");
        else await act(body, AdminCall.Text(body, "tenant"), user, reason);
    });

    private static async Task GuardedAsync(AdminCall call, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception fault) when (UserLedger.IsAbsence(fault))
        {
            await call.FailAsync(503, "Redis is away, and all nodes must know. Please try again.");
        }
    }

    private ValueTask<Standing> StandingOf(string? tenant, string user) => ledger.ShowAsync(keys.OfTenant(tenant), keys.OfUser(tenant, user));

    private async Task AnswerAsync(AdminCall call, string? tenant, string user)
    {
        var standing = await StandingOf(tenant, user);
        await call.AnswerAsync(new JsonObject
        {
            ["user"] = user,
            ["tenant"] = tenant,
            ["state"] = Turnstile.NameOf(standing.State),
            ["until"] = standing.Until > 0 ? Turnstile.TimeOf(standing.Until) : null,
            ["since"] = standing is { State: > UserState.None, Since: > 0 } ? Turnstile.TimeOf(standing.Since) : null,
            ["reason"] = standing.Reason,
            ["actor"] = standing.Actor,
            ["inRow"] = standing.InRow,
            ["today"] = standing.Today,
            ["suspensions"] = standing.Suspensions,
            ["appeal"] = standing.Appeal,
        });
    }
}
