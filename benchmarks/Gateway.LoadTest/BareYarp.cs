using System.Globalization;
using System.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.LoadTest;

/// <summary>The measure: YARP of the same version with the same cluster settings and nothing else, in a process of its own.</summary>
internal static class BareYarp
{
    /// <summary>Says what the process has allocated, as the gateway's metrics do.</summary>
    public const string MetricsPath = "/allocated";

    public static async Task<int> RunAsync(string url, string upstream)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "model", Match = new RouteMatch { Path = "{**path}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "model",
                    HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMinutes(10) },
                    Destinations = new Dictionary<string, DestinationConfig> { ["stub"] = new() { Address = upstream } },
                },
            ]);
        await using WebApplication app = builder.Build();
        app.Urls.Add(url);
        app.MapGet(MetricsPath, () => string.Create(
            CultureInfo.InvariantCulture,
            $"{ServerProcess.AllocatedMetric} {GC.GetTotalAllocatedBytes()}\n{ServerProcess.CompilingMetric} {JitInfo.GetCompilationTime().TotalSeconds}"));
        app.MapReverseProxy();
        await app.StartAsync();
        // The load test holds our standard input open: when it is gone, so are we.
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        await app.StopAsync();
        return 0;
    }
}
