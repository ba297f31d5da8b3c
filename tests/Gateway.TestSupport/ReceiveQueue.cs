using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>
/// Tells when the peer of a loopback connection has read everything that was sent, by looking at the kernel's table of
/// sockets. So a test can make sure that two writes reach the peer as two reads without waiting a fixed time.
/// </summary>
internal static class ReceiveQueue
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public static async Task DrainedAsync(Socket socket)
    {
        var local = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var remote = ((IPEndPoint)socket.RemoteEndPoint!).Port;
        var started = TimeProvider.System.GetTimestamp();
        while (Unread("/proc/net/tcp6", remote, local) + Unread("/proc/net/tcp", remote, local) > 0)
        {
            // A peer that holds back reading (back-pressure) is a finding of the caller, not a reason to hang here.
            if (TimeProvider.System.GetElapsedTime(started) > Limit) return;
            await Task.Delay(Pause);
        }
    }

    private static long Unread(string table, int port, int peer)
    {
        if (!File.Exists(table)) return 0;
        var own = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        var other = string.Create(CultureInfo.InvariantCulture, $":{peer:X4}");
        foreach (var line in File.ReadLines(table))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 5 || !columns[1].EndsWith(own, StringComparison.Ordinal) || !columns[2].EndsWith(other, StringComparison.Ordinal)) continue;
            return long.Parse(columns[4].AsSpan(columns[4].IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
