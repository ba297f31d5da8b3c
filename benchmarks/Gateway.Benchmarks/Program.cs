using Gateway.Benchmarks;

if (args is not ["matcher", ..])
{
    Console.Error.WriteLine("Start this through eng/bench matcher.");
    return 2;
}

MatcherOptions options;
try
{
    options = MatcherOptions.Parse(args.AsSpan(1));
}
catch (FormatException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}

try
{
    return new MatcherRun(options).Run();
}
catch (Exception fault) when (fault is WrongAnswerException or InvalidOperationException or IOException or DllNotFoundException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
