using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Gateway.TestSupport;

/// <summary>A gateway inside the test process, on ports and folders of its own.</summary>
public sealed class GatewayTestHost : IAsyncDisposable
{
    private readonly TempDirectory _files;
    private readonly WebApplication _app;
    private readonly int _logStart;
    private bool _stopped;

    private GatewayTestHost(TempDirectory files, WebApplication app, GatewaySetup setup, int port, int adminPort, int logStart)
    {
        (_files, _app, Port, _logStart) = (files, app, port, logStart);
        Client = ClientOf(port);
        Admin = ClientOf(adminPort);
        Audit = new AuditTrail(setup.AuditDirectory ?? files["audit"]);
    }

    public int Port { get; }

    public Uri Address => Client.BaseAddress!;

    /// <summary>Talks to the gateway; follows no redirects, decodes nothing.</summary>
    public HttpClient Client { get; }

    /// <summary>Talks to the admin listener.</summary>
    public HttpClient Admin { get; }

    public AuditTrail Audit { get; }

    /// <summary>The folder with <c>lexicons/test.tsv</c>, <c>lexicons/allow.tsv</c> and <c>policies/default.json</c>.</summary>
    public TempDirectory Files => _files;

    /// <summary>What the gateway is made of, for tests that ask what it holds on to.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>What gateways of this process logged since this one started.</summary>
    public string Logs => LogCapture.Since(_logStart);

    public static async Task<GatewayTestHost> StartAsync(GatewaySetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        LogCapture.Install();
        var logStart = LogCapture.Position;
        var files = new TempDirectory();
        try
        {
            var (port, adminPort) = (setup.Port ?? FreePort.Next(), FreePort.Next());
            var app = GatewayApplication.Build(setup.Write(files, port, adminPort));
            var host = new GatewayTestHost(files, app, setup, port, adminPort, logStart);
            try
            {
                await app.StartAsync();
                await Eventually.TrueAsync(() => host.IsReadyAsync(setup.StartsHeld ? "/livez" : "/readyz"), "the gateway says it is ready");
                return host;
            }
            catch
            {
                await host.DisposeAsync();
                throw;
            }
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>A client whose connections nobody else uses, for tests that break them.</summary>
    public HttpClient NewClient() => ClientOf(Port);

    /// <summary>The text of <c>/metrics</c>.</summary>
    public async Task<MetricsText> MetricsAsync() => MetricsText.Parse(await Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>Stops it in an orderly way, keeping the files.</summary>
    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        await _app.StopAsync().WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
        _files.Dispose();
    }

    internal static HttpClient ClientOf(int port) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
    })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = Eventually.Patience,
    };

    private async Task<bool> IsReadyAsync(string path)
    {
        try
        {
            using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
