using System.CommandLine;
using Gateway.Commands;

// The service handles its signals itself: the library would end it by force two seconds after SIGTERM, with exchanges still running.
return await CommandLine.Build().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
