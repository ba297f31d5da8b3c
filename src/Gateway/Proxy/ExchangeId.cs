using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Proxy;

/// <summary>
/// Makes ids of exchanges: UUIDs of version 7 (RFC 9562, section 5.7), milliseconds first and 74 random bits behind. The random
/// bits are fetched from the system for many ids at a time: a call for each is half a percent of a short exchange.
/// </summary>
internal static class ExchangeId
{
    private const int RandomBytes = 10;
    private const int FetchedIds = 64;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _used;

    /// <summary>A new id: 36 characters, lower case.</summary>
    /// <param name="time">When the exchange began.</param>
    public static string New(DateTimeOffset time)
    {
        var random = _random ??= new byte[RandomBytes * FetchedIds];
        if (_used % random.Length == 0)
        {
            RandomNumberGenerator.Fill(random);
            _used = 0;
        }

        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, (ulong)time.ToUnixTimeMilliseconds() << 16);
        var own = random.AsSpan(_used, RandomBytes);
        own.CopyTo(id[6..]);
        own.Clear(); // used once
        _used += RandomBytes;
        id[6] = (byte)(0x70 | id[6] & 0x0F);
        id[8] = (byte)(0x80 | id[8] & 0x3F);
        return new Guid(id, bigEndian: true).ToString();
    }
}
