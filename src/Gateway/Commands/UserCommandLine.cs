using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.Commands;

/// <summary>The verbs under <c>gateway user</c>: measures against end users, over the admin API. Who did it is whose key it is; why is asked for.</summary>
internal static class UserCommandLine
{
    public static Command Build()
    {
        var command = new Command("user", "Measures against end users: who is under one, suspending, lifting. Speaks to the admin listener of a running gateway; every call is recorded.");
        command.Subcommands.Add(List("list", "Users under a measure, of all nodes that share a Redis.", static _ => true));
        command.Subcommands.Add(Show());
        command.Subcommands.Add(Change("suspend", "Suspend a user.", hasMinutes: true));
        command.Subcommands.Add(Change("terminate", "Shut a user out until somebody lifts it.", hasMinutes: false));
        command.Subcommands.Add(Change("lift", "Lift every measure against a user.", hasMinutes: false));
        command.Subcommands.Add(Appeals());
        return command;
    }

    private static Command Appeals()
    {
        var command = new Command("appeals", "What users say against measures: list, accept, refuse.");
        var list = List("list", "Users under a measure who appeal against it, with what they say.", static user => (string?)user["appeal"] is { Length: > 0 });
        command.Subcommands.Add(list);
        command.Subcommands.Add(Decide("accept", "Grant an appeal: the measure is lifted.", grants: true));
        command.Subcommands.Add(Decide("refuse", "Reject an appeal: the measure stays.", grants: false));
        return command;
    }

    private static Command Decide(string verb, string description, bool grants)
    {
        var client = new AdminClient();
        var (user, tenant) = (User(), Tenant());
        var reason = new Option<string>("--reason") { Description = "Why; recorded in the chain.", Required = true };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(verb, description) { user, tenant, reason, json };
        client.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            var body = new JsonObject { ["user"] = parsed.GetValue(user), ["grant"] = grants, ["reason"] = parsed.GetValue(reason) };
            if (parsed.GetValue(tenant) is { } name) body["tenant"] = name;
            Write(await client.CallAsync(parsed, HttpMethod.Post, "/users/appeal/decide", body, cancellation), parsed.GetValue(json));
            return AuditExit.Good;
        }));
        return command;
    }

    private static Command List(string verb, string description, Func<JsonObject, bool> shows)
    {
        var client = new AdminClient();
        var state = new Option<string?>("--state") { Description = "limited, suspended, terminated; several with commas between." };
        var tenant = Tenant();
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command(verb, description) { state, tenant, json };
        client.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            string? next = null;
            do
            {
                var query = new[] { ("state", parsed.GetValue(state)), ("tenant", parsed.GetValue(tenant)), ("limit", "1000"), ("cursor", next) }
                    .Where(pair => pair.Item2 is not null).Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}");
                var page = await client.CallAsync(parsed, HttpMethod.Get, "/users?" + string.Join('&', query), null, cancellation);
                foreach (var user in page["items"]!.AsArray().Select(user => user!.AsObject()).Where(shows)) Write(user, parsed.GetValue(json));
                next = (string?)page["next"];
            }
            while (next is not null);
            return AuditExit.Good;
        }));
        return command;
    }

    private static Command Show()
    {
        var client = new AdminClient();
        var (user, tenant) = (User(), Tenant());
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("show", "How a user stands.") { user, tenant, json };
        client.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            var query = $"/users/standing?user={Uri.EscapeDataString(parsed.GetValue(user)!)}" + (parsed.GetValue(tenant) is { } name ? $"&tenant={Uri.EscapeDataString(name)}" : "");
            Write(await client.CallAsync(parsed, HttpMethod.Get, query, null, cancellation), parsed.GetValue(json));
            return AuditExit.Good;
        }));
        return command;
    }

    private static Command Change(string verb, string description, bool hasMinutes)
    {
        var client = new AdminClient();
        var (user, tenant) = (User(), Tenant());
        var reason = new Option<string>("--reason") { Description = "Why; recorded in the chain.", Required = true };
        var minutes = new Option<int?>("--minutes") { Description = "How long (default Gateway:Sanctions:SuspendMinutes)." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(verb, description) { user, tenant, reason, json };
        if (hasMinutes) command.Options.Add(minutes);
        client.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            var body = new JsonObject { ["user"] = parsed.GetValue(user), ["reason"] = parsed.GetValue(reason) };
            if (parsed.GetValue(tenant) is { } name) body["tenant"] = name;
            if (hasMinutes && parsed.GetValue(minutes) is { } length) body["minutes"] = length;
            Write(await client.CallAsync(parsed, HttpMethod.Post, $"/users/{verb}", body, cancellation), parsed.GetValue(json));
            return AuditExit.Good;
        }));
        return command;
    }

    private static Argument<string> User() => new("user") { Description = "The end user as requests name them, a pseudonym of records (u_…), or an id of the list." };

    private static Option<string?> Tenant() => new("--tenant") { Description = "The tenant, where there are any." };

    private static void Write(JsonObject user, bool isJson)
    {
        if (isJson)
        {
            Console.Out.WriteLine(user.ToJsonString());
            return;
        }

        var line = string.Create(CultureInfo.InvariantCulture, $"{(string?)user["state"],-10}  {(string?)user["user"] ?? (string?)user["id"]}");
        if ((string?)user["tenant"] is { Length: > 0 } tenant) line += $"  tenant {tenant}";
        if ((string?)user["until"] is { } until) line += $"  until {until}";
        if ((string?)user["reason"] is { } reason) line += $"  {reason} ({(string?)user["actor"]})";
        if ((string?)user["appeal"] is { } appeal) line += $"  appeal: {appeal}";
        Console.Out.WriteLine(line);
    }
}
