using Serilog;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Json;

namespace Gateway.Telemetry;

/// <summary>
/// Logs through Serilog: JSON lines on standard output, levels and further sinks from section <c>Serilog</c>. Neither
/// the gateway nor the framework at these levels writes bodies, matched text or secrets.
/// </summary>
internal static class SerilogLogging
{
    public static void AddSerilog(this IServiceCollection services, IConfiguration configuration)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft.AspNetCore", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("System.Net.Http", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("Yarp", Serilog.Events.LogEventLevel.Warning)
            // A start that fails is told once, by the command, without the stack trace of a bug.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", Serilog.Events.LogEventLevel.Fatal)
            .ReadFrom.Configuration(configuration)
            .WriteTo.Async(sink => sink.Console(new JsonFormatter(renderMessage: true)))
            .CreateLogger();
        services.AddLogging(logging =>
        {
            logging.ClearProviders();
            // Where this category is on, the host makes an activity and a scope for every request, whether or not anybody
            // traces. With a collector configured it makes them all the same; lines about an exchange carry its own id.
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            logging.AddProvider(new SerilogLoggerProvider(logger, dispose: true));
        });
    }
}
