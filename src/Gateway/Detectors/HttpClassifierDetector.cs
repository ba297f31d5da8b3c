using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Gateway.Detectors;

/// <summary>
/// Asks a classifier over HTTP: OpenAI's <c>/v1/moderations</c>, or a chat model that guards. Whatever goes wrong (time-out,
/// open circuit, too many questions at once, another form of answer) is a fault for policy to decide on, never a clean text.
/// </summary>
internal sealed class HttpClassifierDetector : IDetector, IDisposable
{
    /// <summary>The name in records and metrics.</summary>
    public const string DetectorName = "http-classifier";

    /// <summary>Scores below are not reported.</summary>
    private const float Floor = 0.05f;

    /// <summary>Bytes of an answer at most; a longer one is a fault.</summary>
    private const int MostBytes = 1 << 20;

    private const int Overlap = 400;

    private readonly HttpClassifierOptions _options;
    private readonly HttpClient _client;
    private readonly ResiliencePipeline _pipeline;
    private readonly SemaphoreSlim _places;
    private readonly Dictionary<string, string> _risks;
    private readonly Uri _url;
    private readonly HttpClassifierMetrics _metrics;
    private readonly TimeProvider _clock;

    /// <summary>Makes a detector.</summary>
    /// <param name="options">Where and how to ask; <see cref="HttpClassifierOptions.Url"/> is set.</param>
    /// <param name="handler">Sends; the detector disposes of it.</param>
    /// <param name="meter">The gateway's meter.</param>
    /// <param name="clock">Clock of time-outs and of the circuit.</param>
    public HttpClassifierDetector(HttpClassifierOptions options, HttpMessageHandler handler, Meter meter, TimeProvider clock)
    {
        var circuit = new CircuitBreakerStateProvider();
        _metrics = new HttpClassifierMetrics(meter, circuit);
        _clock = clock;
        _options = options;
        _url = new Uri(options.Url!);
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostBytes };
        if (options.KeyVariable is { } variable && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key)
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _risks = CategoryScores.With(options.Risks);
        _places = new SemaphoreSlim(options.Concurrency);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>().Handle<TimeoutRejectedException>().Handle<ClassifierFaultException>().Handle<JsonException>(),
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(options.BreakSeconds),
                StateProvider = circuit,
            })
            .AddTimeout(TimeSpan.FromMilliseconds(options.TimeoutMilliseconds))
            .Build();
    }

    /// <inheritdoc/>
    public string Name => DetectorName;

    /// <inheritdoc/>
    public bool IsImmediate => false;

    /// <inheritdoc/>
    public int Context => Overlap;

    /// <summary>Texts it takes at once.</summary>
    public int Concurrency => _options.Concurrency;

    /// <inheritdoc/>
    public async ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        // 1. Pieces one after the other: a long text must not take all places.
        var best = new Dictionary<string, (float Score, int Start, int Length)>(StringComparer.Ordinal);
        for (var start = 0; ; start += _options.PieceCharacters - Overlap)
        {
            var length = Math.Min(_options.PieceCharacters, window.Text.Length - start);
            if (start + length > window.Fresh)
            {
                foreach (var (label, score) in await AskAsync(window.Text.Slice(start, length), window.Side, cancellationToken))
                    if (!best.TryGetValue(label, out var before) || score > before.Score) best[label] = (score, start, length);
            }

            if (start + length == window.Text.Length) break;
        }

        // 2. "any" is reported under the likeliest risk, as the classifier in the process does it.
        var risk = best.Where(pair => pair.Key != Detection.AnyLabel).OrderByDescending(pair => pair.Value.Score).Select(pair => pair.Key).FirstOrDefault("other-prohibited");
        foreach (var (label, (score, start, length)) in best)
            if (score >= Floor) detections.Add(new Detection(label == Detection.AnyLabel ? risk : label, start, length, score, Name, $"{_options.Model ?? _options.Kind}/{label}", Label: label));
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _places.Dispose();
    }

    private async Task<Dictionary<string, float>> AskAsync(ReadOnlyMemory<char> text, TextSide side, CancellationToken cancellationToken)
    {
        if (!_places.Wait(0, cancellationToken))
        {
            _metrics.NotAsked(HttpClassifierMetrics.OutcomeOf(ClassifierFault.QueueFull));
            throw new ClassifierFaultException(ClassifierFault.QueueFull, $"{_options.Concurrency} texts are with the HTTP classifier already");
        }

        var began = _clock.GetTimestamp();
        var outcome = HttpClassifierMetrics.GivenUp;
        try
        {
            var scores = await _pipeline.ExecuteAsync(async token => await SendAsync(text, side, token), cancellationToken);
            outcome = "answered";
            return scores;
        }
        catch (TimeoutRejectedException fault)
        {
            throw Failed(ClassifierFault.Timeout, $"the HTTP classifier did not answer within {_options.TimeoutMilliseconds} ms", fault);
        }
        catch (BrokenCircuitException fault)
        {
            outcome = HttpClassifierMetrics.CircuitOpen;
            throw new ClassifierFaultException(ClassifierFault.Runtime, "the HTTP classifier failed too often and is left alone for a while", fault);
        }
        catch (JsonException fault)
        {
            throw Failed(ClassifierFault.BadOutput, "the HTTP classifier's answer is no JSON", fault);
        }
        catch (HttpRequestException fault)
        {
            throw Failed(ClassifierFault.Runtime, $"the HTTP classifier failed: {fault.GetType().Name}", fault);
        }
        catch (ClassifierFaultException fault)
        {
            outcome = HttpClassifierMetrics.OutcomeOf(fault.Fault);
            throw;
        }
        finally
        {
            _places.Release();
            if (outcome == HttpClassifierMetrics.CircuitOpen) _metrics.NotAsked(outcome);
            else _metrics.Asked(outcome, _clock.GetElapsedTime(began));
        }

        ClassifierFaultException Failed(ClassifierFault reason, string message, Exception fault)
        {
            outcome = HttpClassifierMetrics.OutcomeOf(reason);
            return new ClassifierFaultException(reason, message, fault);
        }
    }

    private async Task<Dictionary<string, float>> SendAsync(ReadOnlyMemory<char> text, TextSide side, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(Question(text.Span, side)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode) throw new ClassifierFaultException(ClassifierFault.Runtime, $"the HTTP classifier answered {(int)response.StatusCode}");
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var answer = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
        return _options.Kind == "guard"
            ? CategoryScores.OfGuard(answer.RootElement, _risks, _options.ControversialScore)
            : CategoryScores.OfModerations(answer.RootElement, _risks, _options.FlaggedScore);
    }

    private byte[] Question(ReadOnlySpan<char> text, TextSide side)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (_options.Model is { } model) json.WriteString("model", model);
            if (_options.Kind == "guard")
            {
                json.WriteStartArray("messages");
                if (side == TextSide.Response) WriteMessage(json, "user", "…");
                WriteMessage(json, side == TextSide.Response ? "assistant" : "user", text);
                json.WriteEndArray();
                json.WriteNumber("temperature", 0);
                json.WriteNumber("max_tokens", 64);
            }
            else
            {
                json.WriteString("input", text);
            }

            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, ReadOnlySpan<char> text)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", text);
        json.WriteEndObject();
    }
}
