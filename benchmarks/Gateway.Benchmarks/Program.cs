using Gateway.Benchmarks;

try
{
    switch (args)
    {
        case ["matcher", ..]:
            return new MatcherRun(MatcherOptions.Parse(args.AsSpan(1))).Run();
        case ["classifier", "--model", var model, "--data", var data]:
            return await new ClassifierRun(data, model, isJson: false).RunAsync();
        case ["classifier", "--model", var model, "--data", var data, "--json"]:
            return await new ClassifierRun(data, model, isJson: true).RunAsync();
        case ["audit", ..]:
            await new AuditRun(AuditOptions.Parse(args.AsSpan(1)), Console.Out).RunAsync();
            return 0;
        case ["policy", .. var rest]:
            var at = Array.IndexOf(rest, "--redis");
            return await new PolicyRun(rest.Contains("--json"), at >= 0 && at + 1 < rest.Length ? rest[at + 1] : null, Console.Out).RunAsync();
        default:
            Console.Error.WriteLine("Start this through eng/bench matcher, eng/bench classifier [--json], eng/bench audit or eng/bench policy.");
            return 2;
    }
}
catch (FormatException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
catch (Exception fault) when (fault is WrongAnswerException or InvalidOperationException or IOException or DllNotFoundException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
