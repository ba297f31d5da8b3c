using System.Runtime.InteropServices;
using Gateway.LoadTest;

if (args is ["yarp", var url, var upstream]) return await BareYarp.RunAsync(url, upstream);
if (args is not ["run" or "streams", ..])
{
    Console.Error.WriteLine("Start this through eng/bench load.");
    return 2;
}

LoadOptions options;
try
{
    options = LoadOptions.Parse(args.AsSpan(1), needsData: args[0] == "run");
}
catch (FormatException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
string folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;
Console.Error.WriteLine($"seed {options.Seed}, {Environment.ProcessorCount} processors");
try
{
    return args[0] == "streams" ? await new StreamRun(options, folder).RunAsync(stop.Token) : await new LoadRun(options, folder).RunAsync(stop.Token);
}
catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or IOException or OperationCanceledException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
