using System.Globalization;
using StackExchange.Redis;

namespace Gateway.TestSupport;

/// <summary>A real redis-server on a free port with a folder of its own. Data survive a stop, as the sink demands.</summary>
public sealed class RedisProcess : IAsyncDisposable
{
    private readonly TempDirectory _files = new();
    private ChildProcess? _child;

    private readonly string[] _more;

    private RedisProcess(int port, string[] more) => (Port, _more) = (port, more);

    public int Port { get; }

    /// <summary>The folder of its files: what lies on the disk of it.</summary>
    public string Files => _files.Path;

    /// <summary>For <c>--redis</c>.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts a server.</summary>
    /// <param name="more">Further settings.</param>
    public static async Task<RedisProcess> StartAsync(params string[] more)
    {
        var redis = new RedisProcess(FreePort.Next(), more);
        await redis.ResumeAsync();
        return redis;
    }

    /// <summary>Starts it again after a stop.</summary>
    public async Task ResumeAsync()
    {
        _child = ChildProcess.Start("redis-server",
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _files.Path,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", .. _more,
        ]);
        await Eventually.TrueAsync(AnswersAsync, "redis-server answers");
    }

    /// <summary>Stops it in an orderly way; what it held is on disk.</summary>
    public async Task StopAsync()
    {
        _child!.Stop();
        await GoneAsync();
    }

    /// <summary>Kills it.</summary>
    public async Task KillAsync()
    {
        _child!.Kill();
        await GoneAsync();
    }

    /// <summary>Removes what a stopped server left on disk.</summary>
    public void Empty()
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(_files.Path))
        {
            if (Directory.Exists(entry)) Directory.Delete(entry, recursive: true);
            else File.Delete(entry);
        }
    }

    public async Task<RedisResult> CommandAsync(string command, params object[] arguments)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(Endpoint + ",abortConnect=true,connectTimeout=2000,allowAdmin=true");
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null) await _child.DisposeAsync();
        _files.Dispose();
    }

    private async Task GoneAsync()
    {
        await _child!.ExitedAsync();
        await _child.DisposeAsync();
        _child = null;
    }

    private async Task<bool> AnswersAsync()
    {
        var ping = await ChildProcess.RunAsync("redis-cli", ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "ping"]);
        await using (ping) return ping.Output.Contains("PONG", StringComparison.Ordinal);
    }
}
