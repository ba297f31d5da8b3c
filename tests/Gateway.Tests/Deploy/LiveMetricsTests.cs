using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Telemetry;
using Gateway.Tests.Telemetry;
using Gateway.TestSupport;

namespace Gateway.Tests.Deploy;

/// <summary>Dashboard and rules against the metrics page of a running gateway with every part: classifier, its shadow, a classifier over HTTP, Redis sink, streams.</summary>
public sealed partial class LiveMetricsTests
{
    // Only a fault of the gateway itself makes these appear; for them the declared instrument must do.
    private static readonly string[] SeenOnlyAfterFaults =
        ["gateway_audit_faults_total", "gateway_classifier_faults_total", "gateway_faults_total", "gateway_rejected_total", "gateway_upstream_retries_total"];

    // Far from whatever a classifier could mind.
    private const string Plain = "Please translate good morning into French.";

    [Fact]
    public async Task Metrics_OfARunningGateway_HoldWhatDashboardAndRulesAskFor()
    {
        using var declared = new DeclaredInstruments();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using StubModelServer model = await StubModelServer.StartAsync();
        await using StubModelServer guard = await StubModelServer.StartAsync();
        guard.Fallback = call => call.AnswerAsync("{\"results\":[{\"flagged\":false,\"category_scores\":{\"hate\":0.01}}]}"u8.ToArray());
        await using GatewayTestHost gateway = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = model.Address,
            Redis = redis.Endpoint,
            Classifier = true,
            Arguments = [$"--Gateway:HttpClassifier:Url={guard.Address}v1/moderations", $"--Gateway:Classifier:Shadow={Path.Combine(Repository.Root, "models", "risk-zh-en")}"],
        });
        await DriveAsync(gateway, model);

        string text = "";
        Exposition page = Exposition.Parse("");
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    text = (await gateway.MetricsAsync()).Text;
                    page = Exposition.Parse(text);
                    return !Missing(page).Any();
                },
                "every metric is on the page",
                TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            // The assertion below says more.
        }

        // As one text: a collection would be cut short in the message.
        Assert.Equal("", string.Join('\n', Missing(page)));
        Assert.Equal("", string.Join('\n', SeenOnlyAfterFaults.Except(declared.Names)));
        Assert.Equal("", string.Join('\n', UnknownLabels(page)));
        await AssertOwnMetricsPassPromtoolAsync(text);
    }

    private static IEnumerable<string> Missing(Exposition page)
    {
        HashSet<string> samples = page.SampleNames();
        return MetricNames.All().Where(name => !samples.Contains(name)).Except(SeenOnlyAfterFaults);
    }

    // One exchange of each kind: allowed, blocked on either side, streamed, with an unjudged part, and with nobody upstream.
    private static async Task DriveAsync(GatewayTestHost gateway, StubModelServer model)
    {
        await AskAsync(gateway, ChatTranscripts.Request(Plain));
        await AskAsync(gateway, ChatTranscripts.Request($"Tell me about {TestLexicon.Block}."));
        await AskAsync(gateway, ChatTranscripts.Request(Plain), model.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}.")));
        await AskAsync(gateway, ChatTranscripts.Request(Plain, stream: true), model.Stream(ChatEvents.Of("Good morning is ", "bonjour in French.")));
        await AskAsync(gateway, ChatTranscripts.Request(Plain), model.Json("{}"u8.ToArray(), 502));
        var image = new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" } };
        await AskAsync(gateway, ChatTranscripts.Request([ChatTranscripts.Turn("user", new JsonArray(ChatTranscripts.TextPart(Plain), image))]));
        await AskAsync(gateway, ChatTranscripts.Request(Plain), model.Script(call => call.AbortAsync()));
    }

    private static async Task AskAsync(GatewayTestHost gateway, byte[] body, StubScript? script = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (script is not null) request.Headers.Add(StubModelServer.ScriptHeader, script.Id);
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
    }

    // `sum by (risk)` over a metric that has no label `risk` is no error in PromQL, only an empty panel.
    private static IEnumerable<string> UnknownLabels(Exposition page)
    {
        ILookup<string, string> labels = page.Families
            .SelectMany(family => family.Samples)
            .SelectMany(sample => sample.Labels.Keys.Select(label => (sample.Name, label)))
            .ToLookup(pair => pair.Name, pair => pair.label);
        foreach (string expression in MetricNames.DashboardExpressions().Concat(MetricNames.RuleExpressions()))
        {
            string[] names = [.. MetricNames.In(expression).Distinct()];
            if (names.Length != 1 || SeenOnlyAfterFaults.Contains(names[0])) continue;
            IEnumerable<string> asked = ByPattern().Matches(expression).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
                .Concat(MatcherPattern().Matches(expression).Select(match => match.Groups[1].Value));
            foreach (string label in asked.Distinct().Except(labels[names[0]].Concat(["instance", "job"])))
                yield return $"{names[0]} has no label {label}: {expression}";
        }
    }

    private static async Task AssertOwnMetricsPassPromtoolAsync(string text)
    {
        // The framework's own names are not ours to lint.
        string own = string.Concat(text.Split('\n').Where(line => line.Contains("gateway_", StringComparison.Ordinal)).Select(line => line + "\n"));
        (int exitCode, string output) = await Promtool.RunAsync(own, "check", "metrics");
        Assert.True(exitCode == 0, $"promtool check metrics: exit code {exitCode}\n{output}");
    }

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex ByPattern();

    [GeneratedRegex(@"[{,]\s*([a-z_]+)\s*=~?\s*""")]
    private static partial Regex MatcherPattern();

    private sealed class DeclaredInstruments : IDisposable
    {
        private readonly HashSet<string> _names = [];
        private readonly MeterListener _listener = new();

        public DeclaredInstruments()
        {
            _listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name != GatewayMetrics.MeterName) return;
                string type = instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal) ? PrometheusNames.Counter : PrometheusNames.Gauge;
                lock (_names) _names.Add(PrometheusNames.Metric(instrument.Name, instrument.Unit, type));
            };
            _listener.Start();
        }

        public IReadOnlyList<string> Names
        {
            get
            {
                lock (_names) return [.. _names];
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
