using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Proxy;
using Gateway.Telemetry;

namespace Gateway.Audit;

/// <summary>What the shadow model said of an exchange, for its record and for the counts of agreement.</summary>
internal static class ShadowRecords
{
    /// <summary>Waits for the shadow a little, and takes what it has said; <see langword="null"/> where it was shown nothing.</summary>
    public static async ValueTask<ShadowRecord?> ReadAsync(Exchange exchange, TimeSpan patience, GatewayMetrics metrics, TimeProvider clock)
    {
        if (exchange.Request.Shadow is null && exchange.Response.Shadow is null) return null;
        if (patience > TimeSpan.Zero)
        {
            var answered = Task.WhenAll(exchange.Request.Shadow?.AnsweredAsync() ?? Task.CompletedTask, exchange.Response.Shadow?.AnsweredAsync() ?? Task.CompletedTask);
            if (!answered.IsCompleted) await Task.WhenAny(answered, Task.Delay(patience, clock));
        }

        var (request, left) = Read(exchange.Request.Shadow, "request");
        var (response, late) = Read(exchange.Response.Shadow, "response");
        if (request is null && response is null && left + late == 0) return null;
        return new ShadowRecord { Model = exchange.Epoch.Model!.ShadowVersion, Request = request, Response = response, Unanswered = left + late > 0 ? left + late : null };

        (ShadowDirection? Said, int Unanswered) Read(ShadowVerdicts? verdicts, string direction)
        {
            var (did, unanswered) = (GuardAction.Allow, 0);
            var said = verdicts?.Read(out did, out unanswered);
            if (said is not null) metrics.Shadow(direction, Exchange.NameOf(did), said.Action);
            return (said, unanswered);
        }
    }
}
