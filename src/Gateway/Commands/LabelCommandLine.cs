using System.CommandLine;
using System.Security.Cryptography;
using Gateway.Audit;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Labels;

namespace Gateway.Commands;

/// <summary>The verbs of <c>gateway label</c>.</summary>
internal static class LabelCommandLine
{
    public static Command Build()
    {
        var command = new Command("label", "Check AI-content labels and find the records of labelled answers.");
        command.Subcommands.Add(Verify());
        command.Subcommands.Add(Lookup());
        command.Subcommands.Add(RotateKey());
        return command;
    }

    private static Command Verify()
    {
        var places = new AuditPlaces();
        var file = new Argument<string>("file") { Description = "An answer as it was received (JSON, events or lines), or the label alone; - for standard input." };
        var keys = new Option<string[]>("--key") { Description = "Public key (PEM) of labels that were signed; several for several." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("verify", "Check the label of an answer. Exit code 0 sound, 1 broken, 2 no label, or none that can be proven.") { file, keys, json };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            LabelKeys found;
            try
            {
                found = new LabelKeys(read.Options.KeysDirectory, Master(read));
                foreach (var path in parsed.GetValue(keys) ?? []) found.Trust(path);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
            {
                await Console.Error.WriteLineAsync($"gateway: a key cannot be read: {fault.Message}");
                return AuditExit.Unreadable;
            }

            return await new LabelVerifyCommand(found, Console.Out, Console.Error).RunAsync(parsed.GetValue(file)!, parsed.GetValue(json), cancellation);
        }));
        return command;
    }

    private static Command Lookup()
    {
        var places = new AuditPlaces();
        var id = new Argument<string>("id") { Description = "ProduceID or PropagateID of a label." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("lookup", "Find the record of the answer that carried a label.") { id, json };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var wanted = parsed.GetValue(id)!;
            var found = await read.Search().FindAsync(wanted, cancellation);
            if (found is null)
            {
                // The number of a label that the model server sent: no index knows it.
                await foreach (var each in read.Search().AllAsync(new Gateway.Audit.Search.RecordFilter(), cancellation))
                {
                    if (each.Record.Closing?.Label is { } label && (label.Upstream == wanted || label.Id == wanted)) found = each;
                }
            }

            if (found is null)
            {
                await Console.Error.WriteLineAsync($"gateway: no answer with the label {wanted} is recorded here.");
                return AuditExit.Bad;
            }

            if (parsed.GetValue(json)) await Console.Out.WriteLineAsync(found.Record.ToJson());
            else ExchangeText.Write(found.Record, Console.Out);
            return AuditExit.Good;
        }));
        return command;
    }

    private static Command RotateKey()
    {
        var places = new AuditPlaces();
        var algorithm = new Option<string>("--algorithm") { Description = "hs256 or es256.", DefaultValueFactory = _ => HmacLabelCode.Name };
        var reason = AuditCommandLine.Reason();
        var command = new Command("rotate-key", "Put a new key for labels in use, from the gateway's next start. Labels made with the old ones stay verifiable.") { algorithm, reason };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            if (parsed.GetValue(algorithm) is not (HmacLabelCode.Name or EcdsaLabelCode.Name) || parsed.GetValue(algorithm) is not { } chosen)
            {
                await Console.Error.WriteLineAsync("gateway: --algorithm is hs256 or es256.");
                return AuditExit.Unreadable;
            }

            using var read = places.Read(parsed);
            var code = new LabelKeys(read.Options.KeysDirectory, read.Master).Rotate(chosen);
            var name = $"{code.Algorithm}.{code.KeyId}";
            await read.RecordAsync(RecordPlaces.Event(AuditEvents.KeyRotated, RecordCommands.Actor, parsed.GetValue(reason), facts: new Dictionary<string, string> { ["labelKey"] = name }), cancellation);
            await Console.Out.WriteLineAsync(name);
            return AuditExit.Good;
        }));
        return command;
    }

    /// <summary>Without the master key signatures can still be checked.</summary>
    private static MasterKey? Master(RecordPlaces places)
    {
        try
        {
            return places.Master;
        }
        catch (KeyStoreException)
        {
            return null;
        }
    }
}
