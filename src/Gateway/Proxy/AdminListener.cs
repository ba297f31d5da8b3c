using Gateway.Admin;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Proxy;

/// <summary>
/// The admin listener: metrics and health. Connections are marked where they come in, so that no header or path can make
/// a data request an admin request or the reverse.
/// </summary>
internal static class AdminListener
{
    /// <summary>Marks the connections of a listener.</summary>
    public static void Mark(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(new Marker());
        return next(connection);
    });

    /// <summary>True for requests that came in through a marked listener.</summary>
    public static bool Serves(HttpContext context) => context.Features.Get<Marker>() is not null;

    /// <summary>Answers such a request.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        if (HealthAnswers.TryAnswer(context, out var answer)) return answer;
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Path == "/metrics")
        {
            return PrometheusEndpoint.AnswerAsync(context, context.RequestServices.GetRequiredService<PrometheusExporter>());
        }

        if (context.RequestServices.GetRequiredService<AdminDesk>().TryAnswer(context, out answer)) return answer;
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("The admin listener serves /metrics, /livez, /readyz, and the API that /openapi.json describes.\n");
    }

    private sealed class Marker;
}
