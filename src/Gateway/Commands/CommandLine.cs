using System.CommandLine;
using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Configuration;
using Gateway.Demo;
using Gateway.Telemetry;

namespace Gateway.Commands;

/// <summary>The verbs of the <c>gateway</c> program.</summary>
internal static class CommandLine
{
    /// <summary>Exit code for wrong usage.</summary>
    private const int Usage = 2;

    public static RootCommand Build()
    {
        var root = new RootCommand("Content-safety gateway for LLM APIs: judges, blocks, labels and records.");
        root.Subcommands.Add(Serve());
        root.Subcommands.Add(Check());
        root.Subcommands.Add(AuditCommandLine.Build());
        root.Subcommands.Add(LexiconCommandLine.Build());
        root.Subcommands.Add(LabelCommandLine.Build());
        root.Subcommands.Add(PolicyCommandLine.Build());
        root.Subcommands.Add(TenantCommandLine.Build());
        root.Subcommands.Add(UserCommandLine.Build());
        foreach (var cases in CaseCommandLine.Build()) root.Subcommands.Add(cases);
        foreach (var keeping in KeepingCommandLine.Build()) root.Subcommands.Add(keeping);
        root.Subcommands.Add(ModelCommand.Make());
        root.Subcommands.Add(DemoServer());
        return root;
    }

    private static Command Serve()
    {
        var command = new Command("serve", """
            Run the gateway.
              --urls URL         data listener (default http://127.0.0.1:8080)
              --admin-urls URL   metrics and health (default http://127.0.0.1:8081)
              --upstream URL     model server; several separated by commas
              --audit DIR        journal directory (default ./audit)
              --redis HOST:PORT  forward audit entries to Redis Streams
              --lexicons DIR --policies DIR --model DIR
              --demo             answer from a built-in demo model server
              --Gateway:…=VALUE  any other setting
            """)
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction((parsed, _) => ServeCommand.RunAsync([.. parsed.UnmatchedTokens], Console.Error));
        return command;
    }

    private static Command Check()
    {
        var text = new Argument<string?>("text") { Description = "The text to judge.", Arity = ArgumentArity.ZeroOrOne };
        var side = new Option<string>("--side") { Description = "prompt or response.", DefaultValueFactory = _ => "prompt" };
        var lines = new Option<bool>("--jsonl") { Description = "Judge lines {\"text\",\"side\"} from standard input." };
        var lexicons = new Option<string?>("--lexicons") { Description = "Directory of lexicon files." };
        var policies = new Option<string?>("--policies") { Description = "Directory of policy files." };
        var model = new Option<string?>("--model") { Description = "Directory of the classifier's model." };
        var command = new Command("check", "Judge a text, or lines of texts, and say why. Classifiers are those of the service: appsettings.json and the environment count.") { text, side, lines, lexicons, policies, model };
        command.SetAction(async (parsed, _) =>
        {
            if (!CheckCommand.TryParseSide(parsed.GetValue(side), out var textSide)) return Complain("--side is prompt or response.");
            if (!parsed.GetValue(lines) && parsed.GetValue(text) is null) return Complain("Give a text, or --jsonl with lines on standard input.");
            var options = AuditPlaces.Settings();
            options.Lexicons = parsed.GetValue(lexicons) ?? options.Lexicons;
            options.Policies = parsed.GetValue(policies) ?? options.Policies;
            options.Model = parsed.GetValue(model) ?? options.Model;
            options.Classifier.BudgetMilliseconds = 60_000; // nobody waits for an answer here
            (options.Classifier.Shadow, options.Tenants) = (null, null); // neither has a say in a verdict under the default policy
            try
            {
                GatewayOptionsValidator.ValidateDetectors(options);
                using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
                await using var epochs = EpochSource.Load(options, new GatewayMetrics(meters.GetRequiredService<IMeterFactory>()), TimeProvider.System);
                var check = new CheckCommand(epochs);
                if (!parsed.GetValue(lines)) return await check.RunAsync(parsed.GetValue(text)!, textSide, Console.Out);
                using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false), true, 1 << 16);
                await using var output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
                return await check.RunLinesAsync(input, output);
            }
            catch (ConfigurationException fault)
            {
                return Complain(fault.Message, ServeCommand.CannotStart);
            }
        });
        return command;
    }

    private static Command DemoServer()
    {
        var urls = new Option<string>("--urls") { Description = "Where to listen.", DefaultValueFactory = _ => "http://127.0.0.1:9090" };
        var command = new Command("demo-server", "Run the demo model server alone.") { urls };
        command.SetAction(async (parsed, _) =>
        {
            await using var server = DemoModelServer.Start(parsed.GetValue(urls)!);
            Console.WriteLine(server.Address);
            await server.WaitForShutdownAsync();
            return 0;
        });
        return command;
    }

    private static int Complain(string message, int code = Usage)
    {
        Console.Error.WriteLine($"gateway: {message}");
        return code;
    }
}
