using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>A program run beside the tests: its output is kept, its signals are real, and it never outlives its test.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int HangUpSignal = 1;
    private const int PauseSignal = 19;
    private const int ContinueSignal = 18;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ChildProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>Standard error so far.</summary>
    public string Errors => Read(_errors);

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end with the given standard input.</summary>
    public static async Task<ChildProcess> RunAsync(string program, IEnumerable<string> arguments, string? input = null, TimeSpan? limit = null, string? folder = null)
    {
        var child = Start(program, arguments, folder);
        if (input is not null) await child.Input.WriteAsync(input);
        child.Input.Close();
        await child.ExitedAsync(limit);
        return child;
    }

    /// <summary>Waits for its end; kills it and throws with its output if it takes too long.</summary>
    public async Task ExitedAsync(TimeSpan? limit = null)
    {
        using var patience = new CancellationTokenSource(limit ?? Eventually.Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new TimeoutException($"{_process.StartInfo.FileName} has not ended.\n{Output}\n{Errors}");
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    /// <summary>SIGTERM.</summary>
    public void Stop() => Send(Terminate);

    /// <summary>SIGHUP.</summary>
    public void HangUp() => Send(HangUpSignal);

    /// <summary>SIGSTOP: it is there and does nothing.</summary>
    public void Pause() => Send(PauseSignal);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Send(ContinueSignal);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    private void Send(int signal)
    {
        if (!_process.HasExited && Signal(_process.Id, signal) != 0)
            throw new InvalidOperationException($"No signal could be sent to process {_process.Id}.");
    }

    private static void Keep(StringBuilder kept, string? line)
    {
        if (line is null) return;
        lock (kept) kept.AppendLine(line);
    }

    private static string Read(StringBuilder kept)
    {
        lock (kept) return kept.ToString();
    }
}
