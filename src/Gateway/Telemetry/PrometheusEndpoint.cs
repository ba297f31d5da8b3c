namespace Gateway.Telemetry;

/// <summary>Serves what <see cref="PrometheusExporter"/> writes.</summary>
internal static class PrometheusEndpoint
{
    /// <summary>Answers <c>GET path</c> with all metrics, or with 503 when too many scrapes are under way.</summary>
    /// <param name="endpoints">Where the route is added.</param>
    /// <param name="path">The route, commonly <c>/metrics</c>.</param>
    /// <param name="exporter">An exporter whose reader is registered with the meter provider.</param>
    /// <returns>For further conventions, such as a required host.</returns>
    public static IEndpointConventionBuilder MapPrometheus(this IEndpointRouteBuilder endpoints, string path, PrometheusExporter exporter) =>
        endpoints.MapGet(path, context => AnswerAsync(context, exporter));

    public static async Task AnswerAsync(HttpContext context, PrometheusExporter exporter)
    {
        // Set before writing: the first byte sends the headers.
        context.Response.ContentType = PrometheusExporter.ContentType;
        context.Response.Headers.CacheControl = "no-store";
        if (await exporter.WriteAsync(context.Response.Body, context.RequestAborted)) return;
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
    }
}
