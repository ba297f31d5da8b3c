using System.Net;

namespace Gateway.TestSupport;

/// <summary>The built <c>gateway serve</c> as a process of its own.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private readonly TempDirectory _files;

    private GatewayProcess(TempDirectory files, ChildProcess child, string auditDirectory, int port, int adminPort)
    {
        (_files, Child, AuditDirectory, Port) = (files, child, auditDirectory, port);
        Client = GatewayTestHost.ClientOf(port);
        Admin = GatewayTestHost.ClientOf(adminPort);
    }

    public ChildProcess Child { get; }

    /// <summary>The folder with <c>lexicons/test.tsv</c>, <c>lexicons/allow.tsv</c> and <c>policies/default.json</c>.</summary>
    public TempDirectory Files => _files;

    public string AuditDirectory { get; }

    public AuditTrail Audit => new(AuditDirectory);

    public int Port { get; }

    public Uri Address => Client.BaseAddress!;

    public HttpClient Client { get; }

    public HttpClient Admin { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<GatewayProcess> StartAsync(GatewaySetup setup)
    {
        var gateway = Launch(setup);
        try
        {
            await Eventually.TrueAsync(gateway.IsReadyOrGoneAsync, "the gateway process says it is ready");
            if (gateway.Child.HasExited)
                throw new InvalidOperationException($"The gateway ended with {gateway.Child.ExitCode}.\n{gateway.Child.Output}\n{gateway.Child.Errors}");
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it without waiting: for starts that are meant to fail.</summary>
    public static GatewayProcess Launch(GatewaySetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var files = new TempDirectory();
        var (port, adminPort) = (setup.Port ?? FreePort.Next(), FreePort.Next());
        var child = ChildProcess.Start(Repository.GatewayBinary, ["serve", .. setup.Write(files, port, adminPort)], files.Path, setup.Environment);
        return new GatewayProcess(files, child, setup.AuditDirectory ?? files["audit"], port, adminPort);
    }

    public HttpClient NewClient() => GatewayTestHost.ClientOf(Port);

    public async Task<MetricsText> MetricsAsync() => MetricsText.Parse(await Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>What <c>/readyz</c> answers; null while nobody listens.</summary>
    public async Task<HttpStatusCode?> ReadinessAsync()
    {
        try
        {
            using var answer = await Admin.GetAsync(new Uri("/readyz", UriKind.Relative));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Child.DisposeAsync();
        Client.Dispose();
        Admin.Dispose();
        _files.Dispose();
    }

    private async Task<bool> IsReadyOrGoneAsync() => Child.HasExited || await ReadinessAsync() == HttpStatusCode.OK;
}
