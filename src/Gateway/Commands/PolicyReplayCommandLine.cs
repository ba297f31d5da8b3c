using System.CommandLine;
using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Telemetry;

namespace Gateway.Commands;

/// <summary>The verb <c>gateway policy replay</c>.</summary>
internal static class PolicyReplayCommandLine
{
    public static Command Build()
    {
        var source = new Argument<string?>("file") { Description = "Lines {\"text\",\"side\"}; - for standard input. Without it, the kept evidence of --audit.", Arity = ArgumentArity.ZeroOrOne };
        var policy = new Option<string>("--policy") { Description = "The other policy: a name in the policy directory, several joined by +, or a policy file.", Required = true };
        var against = new Option<string>("--against") { Description = "For a file: the policy that is compared with.", DefaultValueFactory = _ => PolicyBook.DefaultName };
        var lexicons = new Option<string?>("--lexicons") { Description = "Directory of lexicon files." };
        var policies = new Option<string?>("--policies") { Description = "Directory of policy files." };
        var classifier = new Option<string?>("--classifier") { Description = "Directory of the classifier's model." };
        var keywordsOnly = new Option<bool>("--no-classifier") { Description = "Judge by keywords and patterns alone." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var reason = AuditCommandLine.Reason();
        var filter = new FilterOptions();
        var places = new AuditPlaces();
        var command = new Command("replay", "Judge texts or kept evidence under another policy and print what differs. Exit code 0 nothing, 1 something differs, 2 unreadable.")
        {
            source, policy, against, lexicons, policies, classifier, keywordsOnly, json, reason,
        };
        filter.AddTo(command);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            var options = new GatewayOptions { Lexicons = parsed.GetValue(lexicons), Policies = parsed.GetValue(policies), Model = parsed.GetValue(classifier) };
            options.Classifier.Enabled = !parsed.GetValue(keywordsOnly);
            options.Classifier.BudgetMilliseconds = 60_000; // nobody waits for an answer here
            using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
            await using var epochs = EpochSource.Load(options, new GatewayMetrics(meters.GetRequiredService<IMeterFactory>()), TimeProvider.System);
            var epoch = epochs.Current;
            var replay = new PolicyReplayCommand(epoch, Other(epochs, parsed.GetValue(policy)!), parsed.GetValue(json), Console.Out, Console.Error);
            if (parsed.GetValue(source) is { } file && !Directory.Exists(file))
            {
                if (!epoch.Book.TryGet(parsed.GetValue(against)!, out var was)) throw new ConfigurationException($"--against '{parsed.GetValue(against)}' is no policy.");
                using var lines = file == "-" ? new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)) : new StreamReader(file);
                return await replay.RunLinesAsync(lines, was, cancellation);
            }

            using var read = places.Read(parsed);
            if (parsed.GetValue(source) is { } directory) read.Options.Directory = directory;
            return await replay.RunRecordsAsync(read, filter.Read(parsed, read), parsed.GetValue(reason), cancellation);
        }));
        return command;
    }

    private static Policy Other(EpochSource epochs, string name)
    {
        if (epochs.Current.Book.TryGet(name, out var known)) return known;
        if (!File.Exists(name)) throw new ConfigurationException($"--policy '{name}' is neither a policy of {epochs.Files.Policies} nor a file.");
        try
        {
            var book = PolicyLoader.LoadBook(epochs.Files.Policies, epochs.Defaults, name);
            return book.Policies[Path.GetFileNameWithoutExtension(name)];
        }
        catch (PolicyException fault)
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }
}
