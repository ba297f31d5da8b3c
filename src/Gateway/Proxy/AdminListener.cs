using Gateway.Audit;
using Gateway.Cases;
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

        if (context.Request.Path.StartsWithSegments(AuditEndpoint.Path)) return context.RequestServices.GetRequiredService<AuditEndpoint>().AnswerAsync(context);
        if (IsOfCases(context.Request.Path)) return AnswerCasesAsync(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("The admin listener serves /metrics, /livez, /readyz, /audit/exchanges, /complaints, /reviews and /incidents.\n");
    }

    private static bool IsOfCases(PathString path) => path.StartsWithSegments("/complaints") || path.StartsWithSegments("/reviews") || path.StartsWithSegments("/incidents");

    private static Task AnswerCasesAsync(HttpContext context)
    {
        if (context.RequestServices.GetRequiredService<AdminKeys>().Of(context.Request) is not { } who)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return CaseJson.FailAsync(context, StatusCodes.Status401Unauthorized, "unauthorized", "Send Authorization: Bearer KEY with a key of Gateway:Admin:KeysFile.");
        }

        var readsText = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries).Length > 1;
        if (who.Role == AdminKeys.Viewer && (readsText || !HttpMethods.IsGet(context.Request.Method)))
            return CaseJson.FailAsync(context, StatusCodes.Status403Forbidden, "forbidden", "This is for the role auditor.");
        return context.RequestServices.GetRequiredService<CaseEndpoint>().AnswerAsync(context, who.Name);
    }

    private sealed class Marker;
}
