using System.CommandLine;
using Gateway.Audit;
using Gateway.Audit.Seals;

namespace Gateway.Commands;

/// <summary>The verbs of <c>gateway audit</c>.</summary>
internal static class AuditCommandLine
{
    private const int DefaultLimit = 100;

    public static Command Build()
    {
        var command = new Command("audit", "Search, read, export and verify audit records.");
        command.Subcommands.Add(Tail());
        command.Subcommands.Add(Show());
        command.Subcommands.Add(Search());
        command.Subcommands.Add(Export());
        command.Subcommands.Add(Verify());
        command.Subcommands.Add(ReplayCommandLine.Build());
        command.Subcommands.Add(HoldCommandLine.Build());
        command.Subcommands.Add(RotateKey());
        command.Subcommands.Add(RotateMasterKey());
        return command;
    }

    /// <summary>Why something is done; recorded.</summary>
    public static Option<string?> Reason() => new("--reason") { Description = "Why; recorded in the chain." };

    private static Command Verify()
    {
        var directory = new Argument<string>("dir") { Description = "Directory of the journal or a copy of one, place of an archive, or an export." };
        var keys = new Option<string[]>("--key") { Description = "Public key (PEM) that the seals must be by; several for several." };
        var anchors = new Option<string[]>("--anchors") { Description = "Place of the anchors: a directory, redis:HOST:PORT or s3://BUCKET/PREFIX." };
        var command = new Command("verify", "Check that nothing was altered. Exit code 0 sound, 1 broken, 2 unreadable.") { directory, keys, anchors };
        command.SetAction((parsed, cancellation) => new AuditVerifyCommand(
            parsed.GetValue(directory)!, parsed.GetValue(keys) ?? [], parsed.GetValue(anchors) ?? []).RunAsync(Console.Out, Console.Error, cancellation));
        return command;
    }

    private static Command Tail()
    {
        var places = new AuditPlaces();
        var count = new Option<int>("-n") { Description = "Exchanges to show.", DefaultValueFactory = _ => AuditTailCommand.DefaultCount };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command("tail", "Show the newest exchanges of the journal.") { count, json };
        places.AddTo(command);
        command.SetAction(parsed =>
        {
            using var read = places.Read(parsed);
            return new AuditTailCommand(read.Options.Directory, parsed.GetValue(count), parsed.GetValue(json)).Run(Console.Out, Console.Error);
        });
        return command;
    }

    private static Command Show()
    {
        var places = new AuditPlaces();
        var id = new Argument<string>("id") { Description = "The exchange's id: header Gateway-Request-Id." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var decrypt = new Option<bool>("--decrypt") { Description = "Show the kept text in the clear; needs --reason and the key store." };
        var reason = Reason();
        var command = new Command("show", "Show one exchange of archive, journal or Redis.") { id, json, decrypt, reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await new RecordCommands(read, Console.Out, Console.Error).ShowAsync(
                parsed.GetValue(id)!, parsed.GetValue(decrypt), parsed.GetValue(reason), parsed.GetValue(json), cancellation);
        }));
        return command;
    }

    private static Command Search()
    {
        var places = new AuditPlaces();
        var filter = new FilterOptions();
        var limit = new Option<int>("--limit") { Description = "At most so many, the newest first.", DefaultValueFactory = _ => DefaultLimit };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var text = new Option<string?>("--text") { Description = "Only exchanges whose readable evidence contains this; needs --reason and the key store." };
        var reason = Reason();
        var command = new Command("search", "Search archive, journal and Redis as one.") { limit, json, text, reason };
        filter.AddTo(command);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await new RecordCommands(read, Console.Out, Console.Error).SearchAsync(
                filter.Read(parsed, read), Math.Max(1, parsed.GetValue(limit)), parsed.GetValue(text), parsed.GetValue(reason), parsed.GetValue(json), cancellation);
        }));
        return command;
    }

    private static Command Export()
    {
        var places = new AuditPlaces();
        var filter = new FilterOptions();
        var folder = new Option<string>("--out") { Description = "New folder for the export.", Required = true };
        var purpose = new Option<string>("--purpose") { Description = "audit, or training: then only records marked trainingUse.", DefaultValueFactory = _ => ExportCommand.ForAudit };
        var decrypt = new Option<bool>("--decrypt") { Description = "With kept text in the clear; needs --reason and the key store." };
        var reason = Reason();
        var command = new Command("export", "Export records with manifests, proofs, a summary and a table.") { folder, purpose, decrypt, reason };
        filter.AddTo(command);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            return await new ExportCommand(read, Console.Out).RunAsync(
                filter.Read(parsed, read), parsed.GetValue(folder)!, parsed.GetValue(purpose)!, parsed.GetValue(decrypt), parsed.GetValue(reason), cancellation);
        }));
        return command;
    }

    private static Command RotateMasterKey()
    {
        var places = new AuditPlaces();
        var next = new Option<string?>("--new-master-key") { Description = "The new master key: file:PATH, env:NAME or command:PROGRAM. Without it one is made beside the keys, where the old one is." };
        var reason = Reason();
        var command = new Command("rotate-master-key", "Replace the master key: every key in the store is wrapped anew. The gateway must be stopped. After an interruption run it again.") { next, reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var count = KeyAccess.Rotate(read.Options, parsed.GetValue(next));
            var facts = new Dictionary<string, string> { ["keys"] = count.ToString(System.Globalization.CultureInfo.InvariantCulture) };
            await read.RecordAsync(RecordPlaces.Event(Gateway.Audit.Records.AuditEvents.MasterKeyRotated, RecordCommands.Actor, parsed.GetValue(reason), facts: facts), cancellation);
            Console.Out.WriteLine($"{facts["keys"]} keys are wrapped by the new master key. Backups of keys that were made before need the old one until they are 30 days old; then destroy it.");
            return AuditExit.Good;
        }));
        return command;
    }

    private static Command RotateKey()
    {
        var places = new AuditPlaces();
        var reason = Reason();
        var command = new Command("rotate-key", "Replace the sealing key; the old one endorses the new and its private half is destroyed.") { reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            using var key = SealingKey.Rotate(read.Options.KeysDirectory, read.Master);
            await read.RecordAsync(
                RecordPlaces.Event(Gateway.Audit.Records.AuditEvents.KeyRotated, RecordCommands.Actor, parsed.GetValue(reason), facts: new Dictionary<string, string> { ["key"] = key.Id }), cancellation);
            Console.Out.WriteLine(key.Id);
            return AuditExit.Good;
        }));
        return command;
    }
}
