using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Configuration;
using Gateway.Proxy;
using Gateway.Sanctions;

namespace Gateway.Admin;

/// <summary>Measures against users, by hand: how somebody stands, suspending, lifting, appeals.</summary>
internal sealed class UserDesk(UserLedger ledger, UserKeys keys, SanctionRecords records, GatewayOptions options, TimeProvider clock)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    private static readonly UserState[] Measures = [UserState.Limited, UserState.Suspended, UserState.Terminated];
    private static readonly (string, string)[] Who = [("user", "the end user, as requests name them, or a pseudonym of records, or an id of the list"), ("tenant", "the tenant, where there are any")];

    public IEnumerable<AdminOperation> Operations =>
    [
        new("GET", "/users", AdminRoles.All, "Users under a measure, page by page: of all nodes where Redis counts.", ListAsync)
        {
            Parameters = [("state", "limited, suspended, terminated; several with commas, all when left out"), ("tenant", "only this tenant's"), ("limit", "items a page, 1 to 1000"), ("cursor", "next page")],
        },
        new("GET", "/users/standing", AdminRoles.All, "How a user stands.", ShowAsync) { Parameters = Who },
        new("POST", "/users/suspend", AdminRoles.Judging, "Suspends a user.", call => SetAsync(call, UserState.Suspended)) { Parameters = [.. Who, ("reason", "why; recorded"), ("minutes", "how long; the setting when left out")] },
        new("POST", "/users/terminate", [AdminRoles.Admin], "Shuts a user out until somebody lifts it.", call => SetAsync(call, UserState.Terminated)) { Parameters = [.. Who, ("reason", "why; recorded")] },
        new("POST", "/users/lift", AdminRoles.Judging, "Lifts every measure.", call => SetAsync(call, UserState.None)) { Parameters = [.. Who, ("reason", "why; recorded")] },
        new("POST", "/users/appeal", AdminRoles.Judging, "Files what a user says against a suspension.", AppealAsync) { Parameters = [.. Who, ("reason", "what the user says; recorded")] },
        new("POST", "/users/appeal/decide", AdminRoles.Reviewing, "Grants an appeal, which lifts the measure, or rejects it.", DecideAsync) { Parameters = [.. Who, ("grant", "true or false"), ("reason", "why; recorded")] },
    ];

    private Task ListAsync(AdminCall call) => GuardedAsync(call, async () =>
    {
        var names = call.Query("state")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var states = names is null ? Measures : [.. Measures.Where(state => names.Contains(Turnstile.NameOf(state), StringComparer.Ordinal))];
        var limit = DefaultLimit;
        if (names is not null && (names.Length == 0 || states.Length != names.Length)) await call.FailAsync(400, "state is limited, suspended or terminated, or several of them with commas between.");
        else if (call.Query("limit") is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit)) await call.FailAsync(400, $"limit must be a number from 1 to {MaxLimit}.");
        else
        {
            var (users, next) = await ledger.ListAsync(call.Query("tenant") is { } tenant ? keys.OfTenant(tenant) : null, states, limit, call.Query("cursor"));
            await call.AnswerAsync(new JsonObject
            {
                ["items"] = new JsonArray([.. users.Select(user => (JsonNode?)Describe(user.UserKey, user.Standing.Subject, user.Standing.Tenant, user.Standing))]),
                ["next"] = next,
            });
        }
    });

    private Task ShowAsync(AdminCall call) => GuardedAsync(call, async () =>
    {
        if (call.Query("user") is not { } user) await call.FailAsync(400, "Name the user: ?user=ID, with &tenant=NAME where there are tenants.");
        else await AnswerAsync(call, await WhoAsync(call.Query("tenant"), user));
    });

    private Task SetAsync(AdminCall call, UserState state) => WithUserAsync(call, async (body, who, reason) =>
    {
        var minutes = options.Sanctions.SuspendMinutes;
        if (body["minutes"] is { } given && !(given is JsonValue number && number.TryGetValue(out minutes) && minutes > 0))
        {
            await call.FailAsync(400, "minutes must be a whole number above 0.");
            return;
        }

        await ChangeAsync(call, who, state, state == UserState.Suspended ? clock.GetUtcNow().AddMinutes(minutes).ToUnixTimeMilliseconds() : 0, reason);
    });

    private Task AppealAsync(AdminCall call) => WithUserAsync(call, async (_, who, reason) =>
    {
        if (!await ledger.AppealAsync(who.TenantKey, who.Key, reason))
        {
            await call.FailAsync(409, "The user is not suspended: there is nothing to appeal against.");
            return;
        }

        await records.AppealedAsync(who.Tenant, who.Subject, await ledger.ShowAsync(who.TenantKey, who.Key), call.Actor, reason);
        await AnswerAsync(call, who);
    });

    private Task DecideAsync(AdminCall call) => WithUserAsync(call, async (body, who, reason) =>
    {
        var standing = await ledger.ShowAsync(who.TenantKey, who.Key);
        if (standing.Appeal is null) await call.FailAsync(409, "There is no open appeal.");
        else if (body["grant"] is not JsonValue value || !value.TryGetValue(out bool grant)) await call.FailAsync(400, "grant must be true or false.");
        else
        {
            await records.AppealDecidedAsync(who.Tenant, who.Subject, standing, call.Actor, reason, grant);
            if (grant) await ChangeAsync(call, who, UserState.None, 0, reason);
            else await ChangeAsync(call, who, standing.State, standing.Until, $"appeal rejected: {reason}");
        }
    });

    private async Task ChangeAsync(AdminCall call, Named who, UserState state, long until, string reason)
    {
        var standing = new Standing { State = state, Until = until, Reason = reason, Actor = call.Actor, Subject = who.Subject, Tenant = who.Tenant };
        await ledger.SetAsync(who.TenantKey, who.Key, standing);
        await records.ChangedAsync(who.Tenant, who.Subject, standing, call.Actor, reason, null);
        await AnswerAsync(call, who);
    }

    private Task WithUserAsync(AdminCall call, Func<JsonObject, Named, string, Task> act) => GuardedAsync(call, async () =>
    {
        if (await call.BodyAsync() is not { } body) return;
        if (AdminCall.Text(body, "user") is not { } user || AdminCall.Text(body, "reason") is not { } reason) await call.FailAsync(400, "Send user and reason, and tenant where there are tenants. The reason is recorded.");
        else await act(body, await WhoAsync(AdminCall.Text(body, "tenant"), user), reason);
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

    /// <summary>Whom a call names: a user under a measure by pseudonym or by the id of the list, else somebody by the name of requests.</summary>
    private async Task<Named> WhoAsync(string? tenant, string user)
    {
        var tenantKey = keys.OfTenant(tenant);
        var key = user.StartsWith("u_", StringComparison.Ordinal) ? await ledger.FindAsync(tenantKey, user) : null;
        if (key is null && UserKeys.IsKey(user) && (await ledger.ShowAsync(tenantKey, user)).State != UserState.None) key = user;
        if (key is null) return new Named(tenantKey, keys.OfUser(tenant, user), tenant, user, records.KeyOf(tenant, user)?.Pseudonym);
        return new Named(tenantKey, key, tenant, null, (await ledger.ShowAsync(tenantKey, key)).Subject);
    }

    private async Task AnswerAsync(AdminCall call, Named who)
    {
        var standing = await ledger.ShowAsync(who.TenantKey, who.Key);
        var answer = Describe(who.Key, who.Name ?? who.Subject, who.Tenant, standing);
        answer["inRow"] = standing.InRow;
        answer["today"] = standing.Today;
        await call.AnswerAsync(answer);
    }

    private static JsonObject Describe(string id, string? user, string? tenant, Standing standing) => new()
    {
        ["id"] = id,
        ["user"] = user,
        ["tenant"] = tenant,
        ["state"] = Turnstile.NameOf(standing.State),
        ["until"] = standing.Until > 0 ? Turnstile.TimeOf(standing.Until) : null,
        ["since"] = standing is { State: > UserState.None, Since: > 0 } ? Turnstile.TimeOf(standing.Since) : null,
        ["reason"] = standing.Reason,
        ["actor"] = standing.Actor,
        ["suspensions"] = standing.Suspensions,
        ["appeal"] = standing.Appeal,
    };

    /// <summary>A user whom a call names.</summary>
    private sealed record Named(string TenantKey, string Key, string? Tenant, string? Name, string? Subject);
}
