using System.Globalization;
using Gateway.Audit;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Sanctions;
using Gateway.Tenants;

namespace Gateway.Proxy;

/// <summary>
/// Holds exchanges to the limits of tenant and user and to the measures against the user, and counts prompts that were blocked: new turns only, each
/// once. Where there is neither a user nor a limit it does nothing.
/// </summary>
internal sealed class Turnstile(UserLedger ledger, UserKeys keys, SanctionRecords records, GatewayOptions options, TimeProvider clock)
{
    /// <summary>Headers by which clients name a request, so that sending it again is known as such.</summary>
    private static readonly string[] RequestNames = ["Idempotency-Key", "X-Client-Request-Id", "X-Request-Id"];

    private readonly UsageLimits _userLimits = options.UserLimits.ToLimits();
    private readonly bool _hasSanctions = options.Sanctions.Enabled && options.EndUser.IsConfigured;

    /// <summary>Lets an exchange in.</summary>
    /// <returns>Why not; <see langword="null"/> when it may go on.</returns>
    public ValueTask<GatewayError?> EnterAsync(HttpResponse response, Exchange exchange)
    {
        var tenant = exchange.Client?.Tenant;
        if (exchange.EndUser is null && (tenant is null || tenant.Limits.IsNone)) return default;
        var each = tenant is { UserLimits.IsNone: false } ? tenant.UserLimits : _userLimits;
        if (!_hasSanctions && (tenant is null || tenant.Limits.IsNone) && each.IsNone) return default;
        var user = exchange.EndUser is null ? null : keys.OfUser(exchange.Tenant, exchange.EndUser);
        return AskAsync(response, exchange, new LedgerCaller(keys.OfTenant(exchange.Tenant), user, tenant?.Limits ?? UsageLimits.None, each));
    }

    /// <summary>The prompt has been judged: counts it, and finds out whether only history is to blame.</summary>
    /// <returns>The body without the blocked history, where policy wants it cut out; else <see langword="null"/>.</returns>
    public async ValueTask<byte[]?> JudgedAsync(HttpRequest request, Exchange exchange, ScannedJson scanned, ReadOnlyMemory<byte> json)
    {
        if (!_hasSanctions || exchange.Caller is not { UserKey: { } user } caller) return null;
        if (exchange.Policy.Mode == EnforcementMode.Monitor || exchange.Request.Fault is not null) return null;
        if (exchange.Request.Action != GuardAction.Block)
        {
            if (exchange.Admission.Standing.InRow > 0) ledger.Clean(caller.TenantKey, user, exchange.Admission.IsShared);
            return null;
        }

        // 1. What is new: the user's last message, and whatever this user has not been blocked for before.
        var turns = TurnReader.Read(scanned, json.Span, exchange.Request, keys, user);
        var last = turns.FindLastIndex(turn => turn.IsOfUser && turn.Group >= 0);
        if (last < 0) last = turns.FindIndex(turn => turn.Group < 0);
        var blocked = turns.Where(turn => turn is { IsBlocked: true, IsOfUser: true }).Select(turn => turn.Digest).Distinct(StringComparer.Ordinal).ToArray();
        var known = (await ledger.KnownAsync(caller.TenantKey, user, blocked)).Zip(blocked).Where(pair => pair.First).Select(pair => pair.Second).ToHashSet(StringComparer.Ordinal);
        var isNew = (last >= 0 && turns[last].IsBlocked) || known.Count < blocked.Length;

        // 2. History alone: refused or cut out, never counted.
        if (!isNew)
        {
            if (exchange.Policy.OnBlockedHistory != BlockedHistoryAction.Replace || blocked.Length == 0) return null;
            return TurnReader.Without(scanned, json.Span, turns);
        }

        // 3. Counted, once for each name that the client gave the request.
        var name = RequestNames.Select(header => request.Headers[header].ToString()).FirstOrDefault(value => value.Length > 0);
        var retry = name is null ? null : keys.OfTurn(user, name + "\0" + string.Join('\0', blocked));
        var turn = new BlockedTurn(caller.TenantKey, user, exchange.Id, retry, blocked, clock.GetUtcNow().ToUnixTimeMilliseconds()) { Tenant = exchange.Tenant, Subject = SubjectOf(exchange) };
        var (standing, isChanged) = await ledger.BlockedAsync(turn);
        exchange.Admission = exchange.Admission with { Standing = standing };
        if (isChanged) await records.ChangedAsync(turn, standing);
        return null;
    }

    /// <summary>The exchange has ended.</summary>
    public void Leave(Exchange exchange)
    {
        if (exchange.Caller is not { HasLimits: true } caller) return;
        ledger.Leave(caller, exchange.Id, TokensOf(exchange), exchange.Admission.IsShared);
        exchange.Caller = null;
    }

    /// <summary>How the user stands, for the client to tell: <c>warned</c> and worse.</summary>
    public static void Announce(HttpResponse response, Exchange exchange)
    {
        var standing = exchange.Admission.Standing;
        if (standing.State == UserState.None) return;
        response.Headers["Gateway-User-State"] = NameOf(standing.State);
        if (standing.State == UserState.Suspended) response.Headers["Gateway-User-Until"] = TimeOf(standing.Until);
    }

    /// <summary>The words of headers, records and the admin API.</summary>
    public static string NameOf(UserState state) => state.ToString().ToLowerInvariant();

    /// <summary>A moment as users and officials of the place read it.</summary>
    public static string TimeOf(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private async ValueTask<GatewayError?> AskAsync(HttpResponse response, Exchange exchange, LedgerCaller caller)
    {
        var admission = await ledger.AdmitAsync(caller, exchange.Id);
        if (!_hasSanctions) admission = admission with { Standing = default };
        exchange.Admission = admission;
        var standing = admission.Standing;
        if (standing.IsShut)
        {
            Announce(response, exchange);
            await SocketThreads.ElsewhereAsync();
            if (SubjectOf(exchange) is { } subject) ledger.Point(caller.TenantKey, caller.UserKey!, exchange.Tenant, subject);
            if (standing.State == UserState.Terminated) return GatewayError.UserTerminated;
            var seconds = Math.Max(1, (standing.Until - exchange.StartedAt.ToUnixTimeMilliseconds()) / 1000);
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return GatewayError.UserSuspended(TimeOf(standing.Until));
        }

        if (admission.Limit == 0)
        {
            exchange.Caller = caller;
            return null;
        }

        response.Headers.RetryAfter = admission.IsConcurrency ? "1" : admission.IsDaily ? "3600" : "60";
        exchange.IsOnlyCounted = true;
        return GatewayError.LimitReached(admission.LimitName);
    }

    /// <summary>The user's pseudonym in this node's records.</summary>
    private string? SubjectOf(Exchange exchange) => (exchange.SubjectKey ??= records.KeyOf(exchange.Tenant, exchange.EndUser!))?.Pseudonym;

    /// <summary>What the model server counted; where it says nothing, half the characters, in and out.</summary>
    private static long TokensOf(Exchange exchange)
    {
        if (exchange.Usage is { } usage)
        {
            if (usage.TryGetValue("total_tokens", out var total)) return total;
            long sum = 0;
            foreach (var (name, count) in usage)
            {
                if (name is "prompt_tokens" or "completion_tokens" or "input_tokens" or "output_tokens") sum += count;
            }

            if (sum > 0) return sum;
        }

        return (exchange.Request.JudgedCharacters + exchange.ProducedCharacters + 1) / 2;
    }
}
