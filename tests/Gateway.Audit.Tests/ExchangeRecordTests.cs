using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit.Tests;

public sealed class ExchangeRecordTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Find_ClosedExchange_FoldsItsEntries()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, new AuditJournalOptions { SegmentBytes = 2048 });
        await journal.AppendAsync(Entries.Open("other"));
        await journal.AppendAsync(Entries.Open("x", detections: 1));
        for (var index = 0; index < 9; index++) await journal.AppendAsync(Entries.Open($"filler{index}"));
        var seq = await journal.AppendAsync(Entries.Close("x", delivered: 80));
        await journal.AppendAsync(Entries.Close("other"));
        await journal.AppendAsync(Entries.Delivery("x", 40));

        var record = new ExchangeSearch(_directory.Path).Find("x")!;
        using var json = JsonDocument.Parse(record.ToJson());
        var root = json.RootElement;
        var stand = Journals.ReadAll(_directory.Path)[(int)seq - 1];
        Assert.Equal(seq, root.GetProperty("seq").GetInt64());
        Assert.Equal(stand.Hash, root.GetProperty("hash").GetString());
        Assert.Equal(stand.PreviousHash, root.GetProperty("prevHash").GetString());
        Assert.Equal("openai", root.GetProperty("protocol").GetString());
        Assert.Equal("demo-model", root.GetProperty("model").GetString());
        Assert.Equal("completed", root.GetProperty("outcome").GetString());
        Assert.Equal(200, root.GetProperty("status").GetInt32());
        Assert.Equal("7", root.GetProperty("policyEpoch").GetString());
        Assert.Equal("allow", root.GetProperty("request").GetProperty("action").GetString());
        Assert.Equal("a1.drugs", root.GetProperty("request").GetProperty("detections")[0].GetProperty("risk").GetString());
        Assert.Equal(120, root.GetProperty("request").GetProperty("judged").GetInt64());
        Assert.Equal("binary", root.GetProperty("request").GetProperty("unjudged")[0].GetProperty("reason").GetString());
        Assert.Equal(40, root.GetProperty("response").GetProperty("deliveredChars").GetInt64());
        Assert.Equal("client_gone", root.GetProperty("deliveryReason").GetString());
        Assert.Equal(["open", "close", "delivery"], root.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task Find_OpenOrLostExchange_HasEveryMemberOfTheContract()
    {
        var search = await OpenAndLeave();
        foreach (var outcome in new[] { AuditOutcomes.Open, AuditOutcomes.Lost })
        {
            if (outcome == AuditOutcomes.Lost) await using (await AuditJournal.OpenAsync(_directory.Path)) { }
            using var json = JsonDocument.Parse(search.Find("x")!.ToJson());
            Assert.Equal(outcome, json.RootElement.GetProperty("outcome").GetString());
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("status").ValueKind);
            foreach (var name in new[] { "id", "seq", "time", "protocol", "model", "policyEpoch", "prevHash", "hash" })
                Assert.NotEqual(JsonValueKind.Null, json.RootElement.GetProperty(name).ValueKind);
            foreach (var direction in new[] { "request", "response" })
                foreach (var name in new[] { "action", "detections", "judged", "unjudged" })
                    Assert.True(json.RootElement.GetProperty(direction).TryGetProperty(name, out _), $"{direction}.{name}");
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("response").GetProperty("deliveredChars").ValueKind);
        }

        async Task<ExchangeSearch> OpenAndLeave()
        {
            await using (var journal = await AuditJournal.OpenAsync(_directory.Path)) await journal.AppendAsync(Entries.Open("x"));
            return new ExchangeSearch(_directory.Path);
        }
    }

    [Fact]
    public async Task Find_UnknownId_IsNull()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        await journal.AppendAsync(Entries.Open("x1") with { Path = "/\"id\":\"x\"" });
        Assert.Null(new ExchangeSearch(_directory.Path).Find("x"));
        Assert.Null(new ExchangeSearch(_directory.Path).Find("no id"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public async Task Newest_AcrossSegments_AreThoseThatChangedLastWithAllTheirEntries(int count)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, new AuditJournalOptions { SegmentBytes = 2048 });
        for (var index = 0; index < 30; index++) await journal.AppendAsync(Entries.Open($"x{index}"));
        int[] order = [.. Enumerable.Range(0, 30).Select(index => index * 7 % 30)];
        foreach (var index in order) await journal.AppendAsync(Entries.Close($"x{index}"));

        var found = new ExchangeSearch(_directory.Path).Newest(count);

        Assert.Equal(order.TakeLast(count).Select(index => $"x{index}"), found.Select(record => record.Id));
        Assert.All(found, record => Assert.Equal(["open", "close"], record.Entries.Select(entry => entry.Kind)));
    }
}
