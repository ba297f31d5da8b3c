using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.FunctionalTests.Audit;

/// <summary>A real redis-server without persistence on a free port, which can be killed and started again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
    private readonly string[] _extraArguments;
    private Process? _process;

    private RedisServer(int port, string[] extraArguments)
    {
        Port = port;
        _extraArguments = extraArguments;
    }

    public int Port { get; }

    public string Address => "127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    public static async Task<RedisServer> StartNewAsync(params string[] extraArguments)
    {
        // Another process may take the port between the look and the start; then the next one is tried.
        for (var attempt = 0; ; attempt++)
        {
            var server = new RedisServer(FreePort(), extraArguments);
            try
            {
                await server.StartAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                await server.DisposeAsync();
            }
        }
    }

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory, .. _extraArguments])
            start.ArgumentList.Add(argument);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new FileNotFoundException("These tests need redis-server: run `apt-get install -y redis-server` (eng/test does).", exception);
        }

        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) ready.TrySetException(new InvalidOperationException("redis-server ended at its start."));
            else if (line.Data.Contains("Ready to accept connections", StringComparison.Ordinal)) ready.TrySetResult();
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends one command over a connection of its own; the answer is a string, a number, null or a list of answers.</summary>
    public async Task<object?> SendAsync(params string[] command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        await using var stream = client.GetStream();
        await using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync("*" + command.Length.ToString(CultureInfo.InvariantCulture));
        foreach (var part in command)
        {
            await writer.WriteLineAsync("$" + System.Text.Encoding.UTF8.GetByteCount(part).ToString(CultureInfo.InvariantCulture));
            await writer.WriteLineAsync(part);
        }

        await writer.FlushAsync();
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1, leaveOpen: true);
        return await AnswerAsync(reader);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<object?> AnswerAsync(StreamReader reader)
    {
        var line = await reader.ReadLineAsync() ?? throw new IOException("Redis hung up.");
        switch (line[0])
        {
            case '-': throw new InvalidOperationException(line);
            case ':': return long.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
            case '+': return line[1..];
        }

        var length = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
        if (length < 0) return null;
        if (line[0] == '*')
        {
            var list = new object?[length];
            for (var index = 0; index < length; index++) list[index] = await AnswerAsync(reader);
            return list;
        }

        var text = new char[length + 2];
        await reader.ReadBlockAsync(text);
        return new string(text, 0, length);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
