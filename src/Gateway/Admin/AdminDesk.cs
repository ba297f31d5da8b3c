using System.Diagnostics.Metrics;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Telemetry;

namespace Gateway.Admin;

/// <summary>
/// Where every call of the admin API arrives: who is it, may they, is it on record; only then it is answered. A call that cannot be recorded does not
/// happen.
/// </summary>
internal sealed class AdminDesk
{
    private static readonly TimeSpan StrangerPause = TimeSpan.FromSeconds(1);

    private readonly AdminDoor _door;
    private readonly JournalHost _host;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _calls;
    private readonly AdminOperation[] _operations;
    private long _strangerAt;
    private int _strangers;

    public AdminDesk(AdminDoor door, JournalHost host, AdminOperations operations, GatewayMetrics metrics, TimeProvider clock)
    {
        (_door, _host, _clock) = (door, host, clock);
        _operations = [.. operations.All];
        _calls = metrics.Meter.CreateCounter<long>("gateway_admin_calls", description: "Calls of the admin API by result: allowed, forbidden, unknown.");
    }

    /// <summary>Answers a call, if it is one of the API.</summary>
    /// <returns>False when no operation has this path.</returns>
    public bool TryAnswer(HttpContext context, out Task answer)
    {
        answer = Task.CompletedTask;
        var path = context.Request.Path.Value ?? "";
        if (path == AdminDescription.Path && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            answer = context.Response.WriteAsync(AdminDescription.Write(_operations));
            return true;
        }

        var ofPath = _operations.Select(operation => (Operation: operation, Values: operation.Match(path))).Where(pair => pair.Values is not null).ToArray();
        if (ofPath.Length == 0) return false;
        answer = AnswerAsync(context, ofPath!);
        return true;
    }

    private async Task AnswerAsync(HttpContext context, (AdminOperation Operation, Dictionary<string, string> Values)[] ofPath)
    {
        // 1. Who.
        AdminIdentity? who;
        try
        {
            who = await _door.OfAsync(context.Request);
        }
        catch (InvalidOperationException)
        {
            await AdminCall.FailAsync(context, 503, "The token cannot be checked: the keys of its issuer (Gateway:Admin:Jwt:Authority) cannot be fetched. Please try again.");
            return;
        }

        if (who is null)
        {
            await StrangerAsync(ofPath[0].Operation.Path, context.Request.Method);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await AdminCall.FailAsync(context, 401, "Send Authorization: Bearer KEY with a key of Gateway:Admin:KeysFile, or a valid token of the issuer Gateway:Admin:Jwt:Authority.");
            return;
        }

        // 2. What, and whether they may.
        var (operation, values) = Array.Find(ofPath, pair => pair.Operation.Method == context.Request.Method);
        if (operation is null)
        {
            context.Response.Headers.Allow = string.Join(", ", ofPath.Select(pair => pair.Operation.Method));
            await AdminCall.FailAsync(context, 405, $"Known here: {string.Join(", ", ofPath.Select(pair => pair.Operation.Method))}.");
            return;
        }

        var role = who.RoleFor(operation.Roles);
        var result = role is null ? "forbidden" : "allowed";
        _calls.Add(1, new KeyValuePair<string, object?>("result", result));

        // 3. On record before anything happens. Values of the query may name persons; its names do not.
        try
        {
            await RecordAsync(who.Name, operation.Path, context.Request.Method, role ?? (who.Roles.Count == 0 ? "none" : string.Join(' ', who.Roles)), result, string.Join(' ', context.Request.Query.Keys.Take(20)), values);
        }
        catch (Exception fault) when (fault is AuditJournalException or InvalidOperationException)
        {
            await AdminCall.FailAsync(context, 503, "The call could not be recorded, so it was not carried out.");
            return;
        }

        if (role is null) await AdminCall.FailAsync(context, 403, $"This is for the roles {string.Join(", ", operation.Roles)}.");
        else await operation.Answer(new AdminCall(context, who.Name, role, values));
    }

    /// <summary>Somebody without a key: at most one entry a second, so that nobody can fill the journal from here.</summary>
    private async Task StrangerAsync(string path, string method)
    {
        _calls.Add(1, new KeyValuePair<string, object?>("result", "unknown"));
        var count = Interlocked.Increment(ref _strangers);
        var last = Interlocked.Read(ref _strangerAt);
        var now = _clock.GetTimestamp();
        if ((last != 0 && _clock.GetElapsedTime(last, now) < StrangerPause) || Interlocked.CompareExchange(ref _strangerAt, now, last) != last) return;
        Interlocked.Add(ref _strangers, -count);
        try
        {
            await RecordAsync("unknown", path, method, "none", "unauthorized", "", []);
        }
        catch (Exception fault) when (fault is AuditJournalException or InvalidOperationException)
        {
            // Nothing was carried out.
        }
    }

    private async Task RecordAsync(string actor, string path, string method, string role, string result, string parameters, Dictionary<string, string> values)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["call"] = $"{method} {path}", ["role"] = role, ["result"] = result };
        if (parameters.Length > 0) facts["parameters"] = Discretion.Clean(parameters)!;
        foreach (var (name, value) in values) facts[name] = Discretion.Clean(value)!;
        await _host.Journal.AppendAsync(RecordPlaces.Event(AuditEvents.AdminCall, actor, null, facts: facts), CancellationToken.None);
    }
}
