using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gateway.TestSupport;

/// <summary>
/// Asks the Linux kernel about one TCP connection (sock_diag over netlink). Reading all of <c>/proc/net/tcp</c> instead
/// costs ten milliseconds a look, which a test of every cut of a stream cannot afford.
/// </summary>
internal static class SocketTable
{
    private const int Netlink = 16;
    private const int Raw = 3;
    private const int SockDiag = 4;
    private const int HeaderBytes = 16;
    private const int RequestBytes = HeaderBytes + 56;
    private const ushort ByFamily = 20;

    private static readonly Lock Gate = new();
    private static int _descriptor = -1;

    /// <summary>How many bytes lie unread in the receive queue of the IPv4 loopback socket on <paramref name="port"/> that is connected to <paramref name="peer"/>.</summary>
    public static uint Unread(int port, int peer)
    {
        var request = new byte[RequestBytes];
        var answer = new byte[1024];
        Write(request, port, peer);
        lock (Gate)
        {
            if (_descriptor < 0) _descriptor = Open(Netlink, Raw, SockDiag);
            if (_descriptor < 0 || Send(_descriptor, request, request.Length, 0) != request.Length)
                throw new InvalidOperationException($"The kernel's socket table cannot be asked (error {Marshal.GetLastPInvokeError()}).");
            var received = Receive(_descriptor, answer, answer.Length, 0);

            // No such connection any more: nothing is unread in it.
            if (received < HeaderBytes + 72 || BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(4)) != ByFamily) return 0;
        }

        // struct inet_diag_msg: four bytes, the connection (48), the timer (4), then the receive queue.
        return BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(HeaderBytes + 56));
    }

    private static void Write(Span<byte> request, int port, int peer)
    {
        // struct nlmsghdr
        BinaryPrimitives.WriteInt32LittleEndian(request, RequestBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], 1);

        // struct inet_diag_req_v2: family, protocol, extensions, padding, states
        var body = request[HeaderBytes..];
        body[0] = 2;
        body[1] = 6;
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], uint.MaxValue);

        // struct inet_diag_sockid: ports and addresses in network order, any interface, any cookie
        BinaryPrimitives.WriteUInt16BigEndian(body[8..], (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(body[10..], (ushort)peer);
        ReadOnlySpan<byte> loopback = [127, 0, 0, 1];
        loopback.CopyTo(body[12..]);
        loopback.CopyTo(body[28..]);
        BinaryPrimitives.WriteUInt64LittleEndian(body[48..], ulong.MaxValue);
    }

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(int domain, int type, int protocol);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Send(int descriptor, byte[] buffer, nint length, int flags);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Receive(int descriptor, byte[] buffer, nint length, int flags);
}
