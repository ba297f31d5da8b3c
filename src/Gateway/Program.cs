using Gateway.Commands;

return await CommandLine.Build().Parse(args).InvokeAsync();
