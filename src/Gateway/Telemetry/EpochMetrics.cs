using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Proxy;

namespace Gateway.Telemetry;

/// <summary>Gauges about what the gateway runs with.</summary>
internal static class EpochMetrics
{
    public static void Observe(GatewayMetrics metrics, EpochSource epochs, EpochReloader reloader, NodeEpochs nodes, GatewayOptions options, Drain drain, TimeProvider clock)
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("gateway_ready", () => drain.IsReady ? 1 : 0, description: "1 while the gateway may be sent traffic.");
        meter.CreateObservableGauge(
            "gateway_label_producer_missing", () => options.Label.Producer is null ? 1 : 0, description: "1 when no AI-content label is written because no producer is configured.");
        meter.CreateObservableGauge("gateway_epoch_info", () => new Measurement<int>(
            1,
            new KeyValuePair<string, object?>("epoch", epochs.Current.Id),
            new KeyValuePair<string, object?>("lexicon", epochs.Current.LexiconVersion),
            new KeyValuePair<string, object?>("tenants", epochs.Current.Tenants.Version),
            new KeyValuePair<string, object?>("model", epochs.Current.ModelVersion),
            new KeyValuePair<string, object?>("shadow", epochs.Current.Model?.ShadowVersion ?? "none")), description: "Always 1; labels name the configuration in force.");
        meter.CreateObservableGauge(
            "gateway_lexicon_terms",
            () => epochs.Current.Lexicon.CountsByTier.Select(pair => new Measurement<int>(
                pair.Value, new KeyValuePair<string, object?>("tier", pair.Key.ToString().ToLowerInvariant()))),
            description: "Terms in the lexicon by tier.");
        meter.CreateObservableGauge(
            "gateway_lexicon_age_seconds",
            () => epochs.Current.Lexicon.Dated is { } dated ? [new Measurement<double>((clock.GetUtcNow() - dated).TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "Time since the lexicon's manifest says it was updated; without such a date, since its newest file was written.");
        meter.CreateObservableGauge(
            "gateway_epoch_waiting", () => reloader.Waiting is null ? 0 : 1, description: "1 while lexicons, policies or the model wait for approval.");
        meter.CreateObservableGauge(
            "gateway_epoch_unapproved", () => reloader.IsUnapproved ? 1 : 0, description: "1 in regulated mode while two persons have not approved what is in force.");
        meter.CreateObservableGauge(
            "gateway_epoch_disagreement", () => nodes.Disagree ? 1 : 0, description: "1 while nodes that share a Redis run on different epochs.");
        meter.CreateObservableGauge(
            "gateway_epoch_refused", () => reloader.IsRefused ? 1 : 0, description: "1 while the lexicon, policy or model files are at fault and an older epoch serves.");
    }
}
