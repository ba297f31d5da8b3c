using System.Text;
using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

public class SseFramingTests
{
    public static TheoryData<string, string[]> Streams => new()
    {
        { "data: a\n\ndata: b\n\n", ["a", "b"] },
        { "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"] },
        { "data: a\r\rdata: b\r\r", ["a", "b"] },
        { "data:a\n\n", ["a"] },
        { "data:  a\n\n", [" a"] },
        { "data\n\n", [""] },
        { "data: a\ndata: b\n\n", ["a|b"] },
        { "event: x\ndata: a\nid: 7\n\n", ["a"] },
        { ": comment\n\ndata: a\n\n", ["a"] },
        { "\uFEFFdata: a\n\n", ["a"] },
        { "data: a\n\ndata: last", ["a", "last"] },
        { "data: a\n\ndata: last\n", ["a", "last"] },
        { "\n\n\ndata: a\n\n", ["a"] },
        { "database: no\n\ndata: a\n\n", ["a"] },
        { "data: 危险\n\ndata: é\n\n", ["危险", "é"] },
        { "", [] },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void TryRead_EveryWayToCutTheBytes_FindsTheSameEvents(string stream, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var whole = Read(bytes, [bytes.Length]);
        Assert.Equal(expected, whole.Data);
        Assert.Equal(bytes.Length, whole.Lengths.Sum());

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var split = Read(bytes, [cut, bytes.Length]);
            Assert.Equal(whole.Data, split.Data);
            Assert.Equal(whole.Lengths, split.Lengths);
        }

        var single = Read(bytes, [.. Enumerable.Range(1, bytes.Length)]);
        Assert.Equal(whole.Data, single.Data);
        Assert.Equal(whole.Lengths, single.Lengths);
    }

    private static (List<string> Data, List<int> Lengths) Read(byte[] bytes, int[] arrivals)
    {
        var framing = new SseFraming();
        var data = new List<string>();
        var lengths = new List<int>();
        var start = 0;
        foreach (var arrived in arrivals.Append(bytes.Length))
        {
            Take(arrived, atEnd: false);
        }

        Take(bytes.Length, atEnd: true);
        return (data, lengths);

        void Take(int arrived, bool atEnd)
        {
            while (framing.TryRead(bytes.AsSpan(start, Math.Max(0, arrived - start)), atEnd, out var length))
            {
                if (framing.Data.Count > 0)
                {
                    data.Add(string.Join('|', framing.Data.Select(line => Encoding.UTF8.GetString(bytes, start + line.Start, line.Length))));
                }

                lengths.Add(length);
                start += length;
            }
        }
    }
}
