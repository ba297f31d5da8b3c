using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>Sends bytes that no well-behaved client would send, and reads the answer to the end of the connection.</summary>
public static class RawHttpClient
{
    /// <summary>Sends the pieces one packet each; the request should say <c>Connection: close</c>.</summary>
    public static async Task<RawResponse> SendAsync(int port, params byte[][] pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        using var patience = new CancellationTokenSource(Eventually.Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, patience.Token);
        foreach (var piece in pieces)
        {
            await socket.SendAsync(piece, patience.Token);
            await ReceiveQueue.DrainedAsync(socket);
        }

        using var received = new MemoryStream();
        var buffer = new byte[65_536];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, patience.Token);
            if (count == 0) break;
            received.Write(buffer, 0, count);
        }

        return RawResponse.Parse(received.ToArray());
    }

    /// <summary>A POST with a JSON body to an exact path, byte for byte as given.</summary>
    public static byte[] Post(string path, byte[] body, params string[] headers)
    {
        ArgumentNullException.ThrowIfNull(body);
        var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {body.Length}\r\n"
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n";
        return [.. Encoding.Latin1.GetBytes(head), .. body];
    }
}
