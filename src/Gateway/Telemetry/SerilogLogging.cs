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
            .ReadFrom.Configuration(configuration)
            .WriteTo.Async(sink => sink.Console(new JsonFormatter(renderMessage: true)))
            .CreateLogger();
        services.AddLogging(logging =>
        {
            logging.ClearProviders();
            logging.AddProvider(new SerilogLoggerProvider(logger, dispose: true));
        });
    }
}
