using System.Text.Json;
using Gateway.Configuration;
using Gateway.Telemetry;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Cases;

/// <summary>What the service says of itself, route by route: <c>GET /about</c> and <c>GET /about/ROUTE</c> on the data listener.</summary>
internal sealed class AboutEndpoint(IProxyStateLookup proxy, GatewayOptions options, GatewayMetrics metrics, ILogger<AboutEndpoint> logger)
{
    /// <summary>Where it answers.</summary>
    public const string Path = "/about";

    /// <summary>Header with the model's filing number.</summary>
    public const string FilingHeader = "Gateway-Filing";

    /// <summary>Says what is missing, once, at the start.</summary>
    public void Warn()
    {
        foreach (var (route, about) in Routes())
        {
            if (Missing(about) is { Count: > 0 } missing)
                logger.LogWarning("Route {Route} is public, but {Path} says nothing of {Missing}. Set them in Gateway:About (or Gateway:About:Routes:{Route}), or Public=false.", route, Path, string.Join(", ", missing), route);
        }

        metrics.Meter.CreateObservableGauge(
            "gateway_about_missing",
            () => Routes().Select(route => new System.Diagnostics.Metrics.Measurement<int>(Missing(route.About).Count, new KeyValuePair<string, object?>("route", route.Name))),
            description: "Facts that the public must be told and that are not set, by route.");
    }

    /// <summary>Answers a request under <see cref="Path"/>.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method)) return CaseJson.FailAsync(context, 405, "method_not_allowed", "GET /about.");
        var wanted = context.Request.Path.Value![Path.Length..].Trim('/');
        if (wanted.Length == 0)
        {
            return CaseJson.AnswerAsync(context, 200, json =>
            {
                json.WriteStartArray("routes");
                foreach (var (name, about) in Routes())
                {
                    json.WriteStartObject();
                    Write(json, name, about);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        foreach (var (name, about) in Routes())
        {
            if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) return CaseJson.AnswerAsync(context, 200, json => Write(json, name, about));
        }

        return CaseJson.FailAsync(context, 404, "unknown_route", "There is no such route. GET /about names them.");
    }

    /// <summary>Answers will carry the route's filing number, where that is wanted.</summary>
    public Task AnnounceAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId is { } route && options.About.Of(route).FilingNumber is { } number)
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[FilingHeader] = Uri.EscapeDataString(number);
                return Task.CompletedTask;
            });
        }

        return next(context);
    }

    private IEnumerable<(string Name, AboutOptions About)> Routes() =>
        proxy.GetRoutes().Select(route => (route.Config.RouteId, options.About.Of(route.Config.RouteId))).OrderBy(route => route.RouteId, StringComparer.Ordinal);

    private static List<string> Missing(AboutOptions about) => about.Public ?? true ? [.. about.Facts.Where(fact => string.IsNullOrWhiteSpace(fact.Value)).Select(fact => fact.Key)] : [];

    private void Write(Utf8JsonWriter json, string name, AboutOptions about)
    {
        json.WriteString("route", name);
        foreach (var (fact, _, value) in about.Facts) json.WriteString(fact, value);
        json.WriteString("training_opt_out", about.TrainingOptOut);
        json.WriteBoolean("training_use", options.Audit.TrainingUse);
        json.WriteString("complaints", options.Complaints.Enabled ? ComplaintEndpoint.Path : null);
    }
}
