using System.CommandLine;
using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Telemetry;

namespace Gateway.Commands;

/// <summary>The verb <c>gateway audit replay</c>.</summary>
internal static class ReplayCommandLine
{
    public static Command Build()
    {
        var places = new AuditPlaces();
        var filter = new FilterOptions();
        var reason = AuditCommandLine.Reason();
        var lexicons = new Option<string?>("--lexicons") { Description = "Directory of lexicon files." };
        var policies = new Option<string?>("--policies") { Description = "Directory of policy files." };
        var model = new Option<string?>("--model") { Description = "Directory of the classifier's model." };
        var keywordsOnly = new Option<bool>("--no-classifier") { Description = "For records that were decided without a classifier." };
        var command = new Command("replay", "Judge kept evidence again with the pinned versions and compare. Exit code 1 where one differs.")
        {
            reason, lexicons, policies, model, keywordsOnly,
        };
        filter.AddTo(command);
        places.AddTo(command);
        command.SetAction((parsed, cancellation) => AuditFaults.GuardedAsync(Console.Error, async () =>
        {
            using var read = places.Read(parsed);
            var options = new GatewayOptions { Lexicons = parsed.GetValue(lexicons), Policies = parsed.GetValue(policies), Model = parsed.GetValue(model) };
            options.Classifier.Enabled = !parsed.GetValue(keywordsOnly);
            options.Classifier.BudgetMilliseconds = 60_000; // nobody waits for an answer here
            using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
            await using var epochs = EpochSource.Load(options, new GatewayMetrics(meters.GetRequiredService<IMeterFactory>()), TimeProvider.System);
            return await new ReplayCommand(read, epochs, Console.Out, Console.Error).RunAsync(filter.Read(parsed, read), parsed.GetValue(reason), cancellation);
        }));
        return command;
    }
}
