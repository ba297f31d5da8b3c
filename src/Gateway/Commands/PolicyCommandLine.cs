using System.CommandLine;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Tenants;

namespace Gateway.Commands;

/// <summary>The verbs under <c>gateway policy</c>.</summary>
internal static class PolicyCommandLine
{
    public static Command Build()
    {
        var command = new Command("policy", "Check, explain and try out policies.");
        command.Subcommands.Add(Check());
        command.Subcommands.Add(Explain());
        command.Subcommands.Add(PolicyReplayCommandLine.Build());
        command.Subcommands.Add(Schema());
        return command;
    }

    /// <summary>Runs a command; what is wrong with files is told in lines instead of a stack trace.</summary>
    public static int Guarded(Func<int> command)
    {
        try
        {
            return command();
        }
        catch (Exception fault) when (fault is PolicyException or TenantException or ModelFaultException or ConfigurationException or IOException or UnauthorizedAccessException)
        {
            foreach (var line in fault.Message.Split(Environment.NewLine)) Console.Error.WriteLine($"gateway: {line}");
            return PolicyExit.Unreadable;
        }
    }

    private static Command Check()
    {
        var directory = new Argument<string?>("dir") { Description = "Directory of policy files.", Arity = ArgumentArity.ZeroOrOne };
        var places = new PolicyPlaces();
        var command = new Command("check", "What a gateway would refuse, and what is weaker than the base and therefore does not count. Exit code 0 notes at most, 1 errors, 2 unreadable.") { directory };
        places.AddTo(command);
        command.SetAction(parsed => Guarded(() =>
        {
            var options = places.Options(parsed, out _);
            if (parsed.GetValue(directory) is { } given) options.Policies = given;
            return PolicyCheckCommand.Run(options, Console.Out, Console.Error);
        }));
        return command;
    }

    private static Command Explain()
    {
        var tenant = new Option<string?>("--tenant") { Description = "The tenant; without tenant files, the policy it would name." };
        var route = new Option<string?>("--route") { Description = "The route of the settings, or the policy it would name. Default: one that names none in particular." };
        var model = new Option<string?>("--model") { Description = "The model that the request names." };
        var key = new Option<string?>("--key") { Description = "Id of the client key; without tenant files, the policy it would name." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var places = new PolicyPlaces();
        var command = new Command("explain", "Which policies come together for an exchange, and where each value in force comes from.") { tenant, route, model, key, json };
        places.AddTo(command);
        command.SetAction(parsed => Guarded(() =>
        {
            var options = places.Options(parsed, out var settings);
            var (book, tenants) = PolicyPlaces.Read(options);
            return new PolicyExplainCommand(book, tenants, settings).Run(
                parsed.GetValue(tenant), parsed.GetValue(route), parsed.GetValue(model), parsed.GetValue(key), parsed.GetValue(json), Console.Out);
        }));
        return command;
    }

    private static Command Schema()
    {
        var command = new Command("schema", "Print the JSON schema of policy files.");
        command.SetAction(_ =>
        {
            Console.Out.Write(PolicySchema.Write());
            return PolicyExit.Good;
        });
        return command;
    }
}
