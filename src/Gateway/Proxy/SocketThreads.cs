using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Configuration;

namespace Gateway.Proxy;

/// <summary>
/// How the runtime's threads that watch sockets are used. What waits for a socket goes on where its arrival was noticed, instead of on
/// another thread: with short exchanges the switch costs more than the work. What goes on there must be short, so
/// long bodies, and what waits for the disk, change to another thread before. On a machine of its own each of these threads keeps to one
/// processor: while the journal waits for the disk, the system else leaves a processor idle for a moment although work waits on the other
/// (measured with <c>eng/bench load</c>: 8 % fewer microseconds an exchange from the first, 9 % more exchanges from the second).
/// </summary>
internal static class SocketThreads
{
    // The runtime's own switch; it reads it once, with the first socket.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string ThreadName = ".NET Sockets";
    private const string Online = "/sys/devices/system/cpu/online";

    /// <summary>Bytes of a body that are judged in well under a millisecond.</summary>
    private const int ShortBody = 32 * 1024;

    /// <summary>Call before the first socket is made. What the environment says already stays.</summary>
    public static void RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }

    /// <summary>Await this before work on a body: a long one goes on elsewhere, so that other connections need not wait for it.</summary>
    /// <param name="length">Bytes of the body.</param>
    public static ValueTask LongWorkAsync(int length) => length > ShortBody ? ElsewhereAsync() : ValueTask.CompletedTask;

    /// <summary>Goes on on a thread of the pool, whatever thread this is.</summary>
    public static async ValueTask ElsewhereAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Gives each thread a processor of its own, where this process may use all of the machine's and there is a thread for each. Else does nothing.</summary>
    /// <param name="options">Whether it is wanted.</param>
    /// <returns>How many threads were given one.</returns>
    public static int Pin(SocketOptions options)
    {
        if (!options.Pinned || !OperatingSystem.IsLinux() || !File.Exists(Online)) return 0;
        var processors = ProcessorsOf(File.ReadAllText(Online));
        if (processors.Count != Environment.ProcessorCount) return 0;
        List<int> threads = [];
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            if (File.ReadAllText(Path.Combine(task, "comm")).TrimEnd() == ThreadName) threads.Add(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture));
        }

        if (threads.Count != processors.Count) return 0;
        var pinned = 0;
        for (var i = 0; i < threads.Count; i++)
        {
            var mask = new ulong[processors[i] / 64 + 1];
            mask[^1] = 1UL << (processors[i] % 64);
            if (SetAffinity(threads[i], (nuint)(mask.Length * sizeof(ulong)), mask) == 0) pinned++;
        }

        return pinned;
    }

    /// <summary>The numbers in a list of ranges as the kernel writes it, such as <c>0-3,8</c>.</summary>
    internal static List<int> ProcessorsOf(string list)
    {
        var numbers = new List<int>();
        foreach (var range in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = range.Split('-');
            var (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
            for (var number = first; number <= last; number++) numbers.Add(number);
        }

        return numbers;
    }

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nuint size, ulong[] mask);
}
