using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>
/// Tells when the peer of a loopback connection has read everything that was sent. So a test can make sure that two
/// writes reach the peer as two reads without waiting a fixed time.
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
        for (var looks = 0; SocketTable.Unread(remote, local) > 0; looks++)
        {
            // A peer that holds back reading (back-pressure) is a finding of the caller, not a reason to hang here.
            if (TimeProvider.System.GetElapsedTime(started) > Limit) return;
            if (looks < 20) await Task.Yield();
            else await Task.Delay(Pause);
        }
    }
}
