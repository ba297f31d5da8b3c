using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Commands;

/// <summary>The verbs of <c>gateway incident</c> and <c>gateway review</c>.</summary>
internal static class CaseCommandLine
{
    public static IEnumerable<Command> Build() => [Incident(), Review()];

    private static Command Incident()
    {
        var command = new Command("incident", "Incidents: when to report, and what.");
        command.Subcommands.Add(Open());
        command.Subcommands.Add(List());
        command.Subcommands.Add(Report());
        command.Subcommands.Add(Close());
        return command;
    }

    private static Command Open()
    {
        var places = new AuditPlaces();
        var title = new Option<string>("--title") { Description = "What happened, in a line, without quoting texts or naming persons.", Required = true };
        var severity = new Option<string>("--severity") { Description = string.Join(", ", Cases.Incident.Severities) + ".", DefaultValueFactory = _ => "major" };
        var critical = new Option<bool>("--critical") { Description = "The operator runs critical infrastructure: the shorter time to the first report counts." };
        var found = new Option<string?>("--found") { Description = "When it was found (default now)." };
        var command = new Command("open", "Record an incident; its timers run from when it was found.") { title, severity, critical, found };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await Commands(read).OpenAsync(
                parsed.GetValue(title)!, parsed.GetValue(severity)!, parsed.GetValue(critical), RecordQuery.Time("--found", parsed.GetValue(found)), cancellation);
        }));
        return command;
    }

    private static Command List()
    {
        var places = new AuditPlaces();
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command("list", "Incidents with their timers. Exit code 1 when something is overdue.") { json };
        places.AddTo(command);
        command.SetAction((parsed, _) => AuditFaults.GuardedAsync(Console.Error, () =>
        {
            using var read = places.Read(parsed);
            return Task.FromResult(Commands(read).List(parsed.GetValue(json)));
        }));
        return command;
    }

    private static Command Report()
    {
        var places = new AuditPlaces();
        var filter = new FilterOptions();
        var id = new Argument<string>("id") { Description = "The incident." };
        var folder = new Option<string>("--out") { Description = "New folder for the package.", Required = true };
        var reason = AuditCommandLine.Reason();
        var command = new Command("report", "Put the package for the authority together: the exchanges that the filters choose, timeline, counts, proofs.") { id, folder, reason };
        filter.AddTo(command);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await Commands(read).ReportAsync(parsed.GetValue(id)!, filter.Read(parsed, read), parsed.GetValue(folder)!, parsed.GetValue(reason), cancellation);
        }));
        return command;
    }

    private static Command Close()
    {
        var places = new AuditPlaces();
        var id = new Argument<string>("id") { Description = "The incident." };
        var summary = new Option<string>("--summary") { Description = "What was found and done.", Required = true };
        var command = new Command("close", "Record the closing summary.") { id, summary };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await Commands(read).CloseAsync(parsed.GetValue(id)!, parsed.GetValue(summary)!, cancellation);
        }));
        return command;
    }

    private static Command Review()
    {
        var places = new AuditPlaces();
        var file = new Option<string>("--out") { Description = "File to write lines of JSON to; must not exist.", Required = true };
        var reason = AuditCommandLine.Reason();
        var export = new Command("export", "Reviewed texts as labelled examples, in the form of training data: only of exchanges that may be used for training.") { file, reason };
        places.AddTo(export);
        export.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await new ReviewExportCommand(read, Console.Out).RunAsync(parsed.GetValue(file)!, parsed.GetValue(reason), cancellation);
        }));
        var command = new Command("review", "What reviewers decided.");
        command.Subcommands.Add(export);
        return command;
    }

    private static IncidentCommands Commands(RecordPlaces places) => new(places, AuditPlaces.Settings().Incident, Console.Out);
}
