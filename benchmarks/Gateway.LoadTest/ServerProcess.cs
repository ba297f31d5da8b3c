using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.LoadTest;

/// <summary>A server under test: started on a free port of loopback, ready when it says so, killed at the end.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string AllocatedMetric = "dotnet_gc_heap_total_allocated_bytes_total", CompilingMetric = "dotnet_jit_compilation_time_seconds_total";
    private const int ReadyWithinSeconds = 60, TailLines = 30;

    private readonly Process _process;
    private readonly Queue<string> _tail = new();

    private readonly string? _metrics;

    private ServerProcess(string file, IEnumerable<string> arguments, int port, string? metrics)
    {
        Port = port;
        _metrics = metrics;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += Kill;
    }

    public int Port { get; }

    /// <summary>Processor time that the server has used so far.</summary>
    public double ProcessorSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Bytes that the server has allocated so far on its managed heap; null where it has no page that says so.</summary>
    public Task<double?> AllocatedBytesAsync(CancellationToken cancellation) => ReadAsync(AllocatedMetric, cancellation);

    /// <summary>Seconds that the server's compiler has worked so far.</summary>
    public async Task<double> CompilingSecondsAsync(CancellationToken cancellation) =>
        await ReadAsync(CompilingMetric, cancellation) ?? throw new InvalidOperationException($"{Command} does not say {CompilingMetric}.");

    private async Task<double?> ReadAsync(string metric, CancellationToken cancellation)
    {
        if (_metrics is null) return null;
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        string page = await client.GetStringAsync(_metrics, cancellation);
        string? line = page.Split('\n').FirstOrDefault(line => line.StartsWith(metric + " ", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Starts a server and waits until the path answers with anything but 503.</summary>
    public static async Task<ServerProcess> StartAsync(
        string file, IEnumerable<string> arguments, int port, string readyPath, string? metrics, CancellationToken cancellation)
    {
        var server = new ServerProcess(file, arguments, port, metrics);
        try
        {
            await server.WaitUntilReadyAsync(readyPath, cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        Kill(null, EventArgs.Empty);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync(string path, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.StartNew();
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"{Command} ended with exit code {_process.ExitCode}:\n{Tail()}");
            if (started.Elapsed.TotalSeconds > ReadyWithinSeconds) throw new TimeoutException($"{Command} is not ready after {ReadyWithinSeconds} s:\n{Tail()}");
            try
            {
                using HttpResponseMessage answer = await client.GetAsync($"http://127.0.0.1:{Port}{path}", cancellation);
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100, cancellation);
        }
    }

    private string Command => Path.GetFileName(_process.StartInfo.FileName) + " " + string.Join(' ', _process.StartInfo.ArgumentList);

    private string Tail()
    {
        lock (_tail) return string.Join('\n', _tail);
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_tail)
        {
            _tail.Enqueue(line);
            if (_tail.Count > TailLines) _tail.Dequeue();
        }
    }

    private void Kill(object? sender, EventArgs e)
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
    }
}
