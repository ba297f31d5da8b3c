using System.Globalization;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Configuration;

namespace Gateway.Labels;

/// <summary>Makes the machine-readable labels of answers: the <c>AIGC</c> object and the mark of profile <c>eu</c>, with their integrity codes.</summary>
internal sealed class ContentLabels(GatewayOptions options) : IHostedService
{
    /// <summary>Name of the member that holds the mark of profile <c>eu</c>.</summary>
    public const string EuMemberName = "ai_content";

    private readonly Lazy<LabelCode> _code = new(() =>
        new LabelKeys(options.Audit.KeysDirectory, KeyAccess.Master(options.Audit, mayMint: true)).OpenOrMint(options.Label.Algorithm));

    /// <summary>The producer's name or code; <see langword="null"/> writes no label of our own.</summary>
    public string? Producer => options.Label.Producer;

    /// <summary>The propagator's name or code; <see langword="null"/> when the gateway is none.</summary>
    public string? Propagator => options.Label.Propagator;

    /// <summary>Labels of model servers make room for our own.</summary>
    public bool Replaces => options.Label.OnUpstream == "Replace";

    /// <summary>The header tells the label, too.</summary>
    public bool HasHeader => options.Label.Header;

    /// <summary>The first event of a stream carries the label, too.</summary>
    public bool BeginsStreams => options.Label.Streams == "FirstAndLast";

    /// <summary>Which key protects labels, for the record.</summary>
    public string KeyName => $"{_code.Value.Algorithm}.{_code.Value.KeyId}";

    /// <summary>The label of an answer of the gateway's own provider.</summary>
    /// <param name="id">Id of the exchange: the content's number.</param>
    public AigcLabel Make(string id)
    {
        var label = new AigcLabel { ContentProducer = Producer!, ProduceID = id };
        label = label with { ReservedCode1 = _code.Value.OfProducer(label) };
        return Propagator is null ? label : Propagate(label, id);
    }

    /// <summary>A label with the propagator's part filled in; the producer's part stays as it is.</summary>
    public AigcLabel Propagate(AigcLabel label, string id)
    {
        label = label with { ContentPropagator = Propagator!, PropagateID = id };
        return label with { ReservedCode2 = _code.Value.OfPropagator(label) };
    }

    /// <summary>The mark for Art. 50 of the EU's AI Act: who made it with what, when, and under which number.</summary>
    public void WriteEu(Utf8JsonWriter json, string id, string model, DateTimeOffset time)
    {
        var when = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        json.WriteStartObject(EuMemberName);
        json.WriteBoolean("ai_generated", true);
        if (Producer is not null) json.WriteString("provider", Producer);
        json.WriteString("system", model);
        if (options.Label.SystemVersion is { } version) json.WriteString("version", version);
        json.WriteString("time", when);
        json.WriteString("id", id);
        json.WriteString("integrity", _code.Value.Of(EuStatement(Producer, model, options.Label.SystemVersion, when, id)));
        json.WriteEndObject();
    }

    /// <summary>What the mark's integrity code covers.</summary>
    public static string EuStatement(string? provider, string system, string? version, string time, string id) => $"EU1\n{provider}\n{system}\n{version}\n{time}\n{id}";

    /// <summary>A key that cannot be had stops the start, not the first answer.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Producer is not null || Propagator is not null) _ = _code.Value;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
