using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

public sealed class ExchangeIdTests
{
    [Fact]
    public void New_ManyIds_AreDistinctUuidsOfVersion7ThatTellTheTime()
    {
        var time = new DateTimeOffset(2026, 11, 24, 9, 30, 0, 123, TimeSpan.Zero);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 1000; i++)
        {
            var id = ExchangeId.New(time);
            Assert.True(seen.Add(id));
            var parsed = Guid.ParseExact(id, "D");
            Assert.Equal(7, parsed.Version);
            Assert.InRange(parsed.Variant, 8, 11);
            Assert.Equal(time.ToUnixTimeMilliseconds(), Convert.ToInt64(id[..8] + id[9..13], 16));
        }
    }

    /// <summary>The number of a label is the exchange's id: a million made at one and the same moment differ.</summary>
    [Fact]
    public void Row18_ContentNumbers_AreUnique()
    {
        const int count = 1_000_000;
        var time = new DateTimeOffset(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);
        var ids = new HashSet<Guid>(count);
        for (var i = 0; i < count; i++) Assert.True(ids.Add(Guid.ParseExact(ExchangeId.New(time), "D")));
    }
}
