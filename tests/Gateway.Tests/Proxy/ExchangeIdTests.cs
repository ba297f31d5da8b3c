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
}
