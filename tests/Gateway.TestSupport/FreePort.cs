using System.Net;
using System.Net.Sockets;

namespace Gateway.TestSupport;

/// <summary>
/// Hands out loopback ports for processes that must be told their port. They lie below the range that the kernel gives
/// to outgoing connections, and none is handed out twice by one test run, so a port cannot be taken between the choice and its use.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int _next = Environment.ProcessId * 37 % Count;

    public static int Next()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + Interlocked.Increment(ref _next) % Count;
            if (IsFree(port)) return port;
        }

        throw new InvalidOperationException("No free loopback port.");
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
