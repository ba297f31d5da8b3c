using System.CommandLine;
using Gateway.Audit;
using Gateway.Audit.Archive;

namespace Gateway.Commands;

/// <summary>The verbs <c>gateway audit hold set|list|release</c>.</summary>
internal static class HoldCommandLine
{
    public static Command Build()
    {
        var command = new Command("hold", "Legal holds: what may not be deleted or erased.");
        command.Subcommands.Add(Set());
        command.Subcommands.Add(List());
        command.Subcommands.Add(Release());
        return command;
    }

    private static Command Set()
    {
        var places = new AuditPlaces();
        var tenant = new Option<string?>("--tenant") { Description = "The tenant." };
        var user = new Option<string?>("--user") { Description = "The end user: an id or a pseudonym u_…" };
        var from = new Option<string?>("--from") { Description = "Opened at this time or later." };
        var to = new Option<string?>("--to") { Description = "Opened before this time." };
        var exchange = new Option<string?>("--exchange") { Description = "One exchange." };
        var reason = AuditCommandLine.Reason();
        var command = new Command("set", "Set a hold; prints its id.") { tenant, user, from, to, exchange, reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var hold = new LegalHold
            {
                Id = "hold-" + Guid.CreateVersion7().ToString("N")[..12] + Guid.NewGuid().ToString("N")[..4],
                Tenant = parsed.GetValue(tenant),
                Users = parsed.GetValue(user) is { } name ? read.PseudonymsOf(name, parsed.GetValue(tenant) ?? "") : null,
                From = RecordQuery.Time("--from", parsed.GetValue(from)),
                To = RecordQuery.Time("--to", parsed.GetValue(to)),
                Exchange = parsed.GetValue(exchange),
                Reason = parsed.GetValue(reason) ?? "",
                Actor = RecordCommands.Actor,
                Since = read.Clock.GetUtcNow(),
            };
            return await new SubjectCommand(read, Console.Out, Console.Error).HoldAsync(hold, cancellation);
        }));
        return command;
    }

    private static Command List()
    {
        var places = new AuditPlaces();
        var command = new Command("list", "Show the holds in force, one JSON object a line.");
        places.AddTo(command);
        command.SetAction((parsed, _) => AuditFaults.GuardedAsync(Console.Error, () =>
        {
            using var read = places.Read(parsed);
            return Task.FromResult(new SubjectCommand(read, Console.Out, Console.Error).ListHolds());
        }));
        return command;
    }

    private static Command Release()
    {
        var places = new AuditPlaces();
        var id = new Argument<string>("id") { Description = "Id of the hold." };
        var reason = AuditCommandLine.Reason();
        var command = new Command("release", "End a hold; erasures that it deferred are done now.") { id, reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await new SubjectCommand(read, Console.Out, Console.Error).ReleaseAsync(parsed.GetValue(id)!, parsed.GetValue(reason) ?? "", cancellation);
        }));
        return command;
    }
}
