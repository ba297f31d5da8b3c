using System.Globalization;
using System.Net.Http.Headers;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>
/// A gateway in front of a scripted model server, shared by the tests of a class, with the checks that every exchange
/// must pass whatever else a test is about.
/// </summary>
public abstract class GuardedGateway : IAsyncLifetime
{
    public const string ChatPath = "/v1/chat/completions";

    public StubModelServer Stub { get; private set; } = null!;

    public GatewayTestHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Stub = await StubModelServer.StartAsync();
        Host = await GatewayTestHost.StartAsync(Configure(new GatewaySetup { Upstream = Stub.Address }));
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await Stub.DisposeAsync();
    }

    protected abstract GatewaySetup Configure(GatewaySetup setup);

    /// <summary>Sends a chat request and reads the answer to its end.</summary>
    internal Task<Exchange> ChatAsync(byte[] body, StubScript? script = null, Action<HttpRequestMessage>? adjust = null) =>
        SendAsync(HttpMethod.Post, ChatPath, body, script?.Id, adjust);

    internal async Task<Exchange> SendAsync(HttpMethod method, string path, byte[]? body = null, string? script = null, Action<HttpRequestMessage>? adjust = null)
    {
        using var request = Request(method, path, body, script);
        adjust?.Invoke(request);
        using var response = await Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }

    internal static HttpRequestMessage Request(HttpMethod method, string path, byte[]? body, string? script)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (script is not null) request.Headers.Add(StubModelServer.ScriptHeader, script);
        if (body is null) return request;
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    /// <summary>
    /// The exchange's one record, which must exist by the time the client has the last byte and say what happened; and
    /// no block term has reached a header, an error body, a log, a metric or the record.
    /// </summary>
    internal Task<AuditView> RecordAsync(Exchange exchange, string outcome, string? request = null, string? response = null) =>
        Recorded.CheckAsync(Host, exchange, outcome, request, response);

    internal static string Invariant(double number) => number.ToString(CultureInfo.InvariantCulture);
}
