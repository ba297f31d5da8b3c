using Gateway.Audit;
using Gateway.Configuration;

namespace Gateway.Proxy;

/// <summary>Health on both listeners: <c>/livez</c> says the process answers, <c>/readyz</c> that it may be sent traffic.</summary>
internal static class HealthAnswers
{
    /// <summary>Answers a health request.</summary>
    /// <returns>False when the request is something else.</returns>
    public static bool TryAnswer(HttpContext context, out Task answer)
    {
        answer = Task.CompletedTask;
        if (!HttpMethods.IsGet(context.Request.Method)) return false;
        var path = context.Request.Path.Value;
        if (path == "/livez")
        {
            answer = context.Response.WriteAsync("alive\n");
            return true;
        }

        if (path != "/readyz") return false;
        var services = context.RequestServices;
        var ready = services.GetRequiredService<Drain>().IsReady;
        var recording = services.GetRequiredService<JournalHost>().IsHealthy;
        var epochs = services.GetRequiredService<EpochSource>();
        if (!ready || !recording || epochs.IsHeld) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        answer = context.Response.WriteAsync(!ready ? "not ready: starting or shutting down\n" : !recording ? "not ready: the audit journal has failed\n"
            : epochs.IsHeld ? $"not ready: epoch {epochs.Current.Id} waits for the approval of two persons\n" : Ready(services));
        return true;
    }

    /// <summary>What this node runs on, and whether others run on something else; that alone makes no node unfit.</summary>
    private static string Ready(IServiceProvider services)
    {
        var epoch = services.GetRequiredService<EpochSource>().Current;
        var nodes = services.GetRequiredService<NodeEpochs>();
        var others = nodes.Disagree ? "nodes disagree:\n" + string.Concat(nodes.Known.Select(pair => $"  {pair.Key} {pair.Value}\n")) : "";
        return $"ready\nepoch {epoch.Id}, tenants {epoch.Tenants.Version}, model {epoch.ModelVersion}\n{others}";
    }
}
