using System.CommandLine;

namespace Gateway.Commands;

/// <summary>The verbs of <c>gateway audit</c>.</summary>
internal static class AuditCommandLine
{
    public static Command Build()
    {
        var command = new Command("audit", "Read and verify audit records.");
        command.Subcommands.Add(Tail());
        command.Subcommands.Add(Show());
        command.Subcommands.Add(Verify());
        return command;
    }

    private static Command Verify()
    {
        var directory = new Argument<string>("dir") { Description = "Directory of the journal, or a copy of one." };
        var keys = new Option<string[]>("--key") { Description = "Public key (PEM) that the seals must be by; several for several." };
        var anchors = new Option<string[]>("--anchors") { Description = "Place of the anchors: a directory, redis:HOST:PORT or s3://BUCKET/PREFIX." };
        var command = new Command("verify", "Check that nothing was altered. Exit code 0 sound, 1 broken, 2 unreadable.") { directory, keys, anchors };
        command.SetAction((parsed, cancellation) => new AuditVerifyCommand(
            parsed.GetValue(directory)!, parsed.GetValue(keys) ?? [], parsed.GetValue(anchors) ?? []).RunAsync(Console.Out, Console.Error, cancellation));
        return command;
    }

    private static Command Tail()
    {
        var directory = Directory();
        var count = new Option<int>("-n") { Description = "Exchanges to show.", DefaultValueFactory = _ => AuditTailCommand.DefaultCount };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command("tail", "Show the newest exchanges.") { directory, count, json };
        command.SetAction(parsed =>
            new AuditTailCommand(parsed.GetValue(directory)!, parsed.GetValue(count), parsed.GetValue(json)).Run(Console.Out, Console.Error));
        return command;
    }

    private static Command Show()
    {
        var directory = Directory();
        var id = new Argument<string>("id") { Description = "The exchange's id: header Gateway-Request-Id." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("show", "Show one exchange.") { id, directory, json };
        command.SetAction(parsed =>
            new AuditShowCommand(parsed.GetValue(directory)!, parsed.GetValue(id)!, parsed.GetValue(json)).Run(Console.Out, Console.Error));
        return command;
    }

    /// <summary>The journal's directory.</summary>
    public static Option<string> Directory() => new("--audit", "--dir")
    {
        Description = "Directory of the journal.",
        DefaultValueFactory = _ => "audit",
    };
}
