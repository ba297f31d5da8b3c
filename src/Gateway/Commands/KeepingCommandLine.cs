using System.CommandLine;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>The verbs that keep records: <c>gateway archive</c>, <c>subject</c>, <c>backup</c>, <c>restore</c>.</summary>
internal static class KeepingCommandLine
{
    public static IEnumerable<Command> Build() => [Archive(), Subject(), Backup(), Restore()];

    private static Command Archive()
    {
        var places = new AuditPlaces();
        var to = new Option<string?>("--to") { Description = "Place of the archive: a directory or s3://BUCKET/PREFIX[?endpoint=URL]." };
        var once = new Option<bool>("--once") { Description = "Archive what is there, then end." };
        var interval = new Option<int>("--interval") { Description = "Seconds between looks.", DefaultValueFactory = _ => 60 };
        var maxAge = new Option<int>("--max-age") { Description = "Longest time, in seconds, that an entry waits for its segment to fill.", DefaultValueFactory = _ => 3600 };
        var bytes = new Option<long>("--segment-bytes") { Description = "Bytes of entries at which a segment ends.", DefaultValueFactory = _ => 64 * 1024 * 1024 };
        var months = new Option<int?>("--retention-months") { Description = "Calendar months that records are kept, 6 at least (default Gateway:Audit:RetentionMonths)." };
        var command = new Command("archive", "Bring entries from Redis (--redis), or straight from the journal, into signed segments; trim what is archived; delete what was kept long enough.")
        {
            to, once, interval, maxAge, bytes, months,
        };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            if (parsed.GetValue(to) is { } place) read.Options.Archive = place;
            var settings = new ArchiveSettings(
                parsed.GetValue(once),
                TimeSpan.FromSeconds(Math.Max(1, parsed.GetValue(interval))),
                TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(maxAge))),
                Math.Max(1024, parsed.GetValue(bytes)),
                parsed.GetValue(months) ?? read.Options.RetentionMonths);
            return await new ArchiveCommand(read, settings, Console.Out, Console.Error).RunAsync(cancellation);
        }));
        return command;
    }

    private static Command Subject()
    {
        var command = new Command("subject", "What is held about a person, and its end.");
        command.Subcommands.Add(OfSubject("export", "Print everything held about a person, one JSON object a line.", isExport: true));
        command.Subcommands.Add(OfSubject("erase", "Destroy a person's key at once; under a legal hold lock it until the hold ends.", isExport: false));
        return command;
    }

    private static Command OfSubject(string name, string description, bool isExport)
    {
        var places = new AuditPlaces();
        var user = new Option<string>("--user") { Description = "The end user's id, or a pseudonym u_…", Required = true };
        var tenant = new Option<string>("--tenant") { Description = "The tenant.", DefaultValueFactory = _ => "" };
        var file = new Option<string?>("--out") { Description = "File to write to (default standard output)." };
        var reason = new Option<string>("--reason") { Description = "Why; recorded in the chain.", DefaultValueFactory = _ => "request of the person" };
        var command = new Command(name, description) { user, tenant, reason };
        if (isExport) command.Options.Add(file);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var subject = new SubjectCommand(read, Console.Out, Console.Error);
            return isExport
                ? await subject.ExportAsync(parsed.GetValue(user)!, parsed.GetValue(tenant)!, parsed.GetValue(file), parsed.GetValue(reason)!, cancellation)
                : await subject.EraseAsync(parsed.GetValue(user)!, parsed.GetValue(tenant)!, parsed.GetValue(reason)!, cancellation);
        }));
        return command;
    }

    private static Command Backup()
    {
        var places = new AuditPlaces();
        var to = new Option<string>("--out") { Description = "Where backups of records go.", Required = true };
        var keys = new Option<string>("--keys-out") { Description = "Where backups of keys go; they live 30 days.", Required = true };
        var lexicons = new Option<string?>("--lexicons") { Description = "Directory of lexicon files to include." };
        var policies = new Option<string?>("--policies") { Description = "Directory of policy files to include." };
        var command = new Command("backup", "Back up journal, lexicons, policies and archive index, and the keys apart from them.") { to, keys, lexicons, policies };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var directories = EpochSource.Directories(new GatewayOptions { Lexicons = parsed.GetValue(lexicons), Policies = parsed.GetValue(policies) });
            var extra = new Dictionary<string, string> { ["lexicons"] = directories.Lexicons, ["policies"] = directories.Policies };
            return await new BackupCommand(read, Console.Out).BackupAsync(parsed.GetValue(to)!, parsed.GetValue(keys)!, extra, cancellation);
        }));
        return command;
    }

    private static Command Restore()
    {
        var places = new AuditPlaces();
        var from = new Option<string>("--from") { Description = "The backup of records: a folder named after its time.", Required = true };
        var keys = new Option<string?>("--keys-from") { Description = "The backup of keys, 30 days old at most." };
        var erasures = new Option<string?>("--erasures") { Description = "A newer journal, or copy of one, whose erasures are done again (default: the restored one)." };
        var lexicons = new Option<string?>("--lexicons") { Description = "Where lexicon files go." };
        var policies = new Option<string?>("--policies") { Description = "Where policy files go." };
        var command = new Command("restore", "Restore a backup into empty directories, verify it, and destroy again the keys that were erased since.") { from, keys, erasures, lexicons, policies };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var parts = new Dictionary<string, string>();
            if (parsed.GetValue(lexicons) is { } lexiconFolder) parts["lexicons"] = lexiconFolder;
            if (parsed.GetValue(policies) is { } policyFolder) parts["policies"] = policyFolder;
            return await new BackupCommand(read, Console.Out).RestoreAsync(parsed.GetValue(from)!, parsed.GetValue(keys), parsed.GetValue(erasures), parts, cancellation);
        }));
        return command;
    }
}
