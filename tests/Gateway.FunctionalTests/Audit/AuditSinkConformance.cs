using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.FunctionalTests.Audit;

/// <summary>What every sink must do; a new one inherits this class.</summary>
public abstract class AuditSinkConformance : IAsyncLifetime
{
    private protected const string Instance = "abcdefghijklmnopqrstuvwxyz";

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    /// <summary>A new sink over the same store.</summary>
    private protected abstract IAuditSink CreateSink();

    /// <summary>What the store holds, by number, in its own order.</summary>
    private protected abstract Task<List<(long Sequence, string Hash, string Record)>> HeldAsync(string instance);

    /// <summary>Loses everything.</summary>
    private protected abstract Task EmptyAsync();

    [Fact]
    public async Task Open_EmptyStore_HoldsNothing()
    {
        await using var sink = CreateSink();
        Assert.Equal(JournalPosition.None, await sink.OpenAsync(Instance, default));
    }

    [Fact]
    public async Task Write_TwoBatches_AreHeldInOrderAndFoundByAnother()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        await sink.WriteAsync(Batch(4, 2), default);
        var held = await HeldAsync(Instance);
        Assert.Equal(Batch(1, 5).Select(entry => (entry.Sequence, entry.Hash, entry.Text)), held);
        await using var other = CreateSink();
        Assert.Equal(new JournalPosition(5, Batch(5, 1)[0].Hash), await other.OpenAsync(Instance, default));
    }

    [Fact]
    public async Task Write_EntriesHeldAlready_CountAsWritten()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        await sink.WriteAsync(Batch(1, 3), default);
        await sink.WriteAsync(Batch(2, 4), default);
        Assert.Equal([1, 2, 3, 4, 5], (await HeldAsync(Instance)).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Write_OtherEntryUnderTheSameNumber_IsAConflictAndOverwritesNothing()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        await Assert.ThrowsAsync<AuditSinkConflictException>(async () => await sink.WriteAsync(Batch(3, 2, "other"), default));
        Assert.Equal(Batch(1, 3).Select(entry => entry.Hash), (await HeldAsync(Instance)).Select(entry => entry.Hash));
    }

    [Fact]
    public async Task Write_StoreEmptiedSinceItWasOpened_RefusesAndWritesNothing()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        await EmptyAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => await sink.WriteAsync(Batch(4, 2), default));
        Assert.Empty(await HeldAsync(Instance));
        Assert.Equal(JournalPosition.None, await sink.OpenAsync(Instance, default));
        await sink.WriteAsync(Batch(1, 5), default);
        Assert.Equal(5, (await HeldAsync(Instance)).Count);
    }

    [Fact]
    public async Task Write_LargeAndHostileRecords_AreHeldByteForByte()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        var batch = Batch(1, 2, new string('x', 3_000_000) + "\"} \r\n$5\r\n");
        await sink.WriteAsync(batch, default);
        Assert.Equal(batch.Select(entry => entry.Text), (await HeldAsync(Instance)).Select(entry => entry.Record));
    }

    [Fact]
    public async Task Write_TwoJournals_DoNotMeet()
    {
        await using var sink = CreateSink();
        await using var other = CreateSink();
        await sink.OpenAsync(Instance, default);
        await other.OpenAsync("other" + Instance[5..], default);
        await sink.WriteAsync(Batch(1, 2), default);
        await other.WriteAsync(Batch(1, 3, "other"), default);
        Assert.Equal(2, (await HeldAsync(Instance)).Count);
    }

    private protected static JournalEntry[] Batch(long first, int count, string text = "record") =>
        [.. Enumerable.Range(0, count).Select(index => Entry(first + index, text))];

    private protected static JournalEntry Entry(long sequence, string text)
    {
        var json = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{sequence},\"text\":\"{text}\"}}"));
        return new JournalEntry(sequence, Convert.ToHexStringLower(SHA256.HashData(json)), json);
    }

    private protected static OpenEntry Open(string id) => new()
    {
        Id = id,
        Protocol = "openai",
        Operation = "chat.completions",
        Method = "POST",
        Path = "/v1/chat/completions",
        Model = "demo-model",
        PolicyEpoch = "1",
        Request = new DirectionRecord { Action = "allow", Judged = 10, JudgedFields = 1 },
    };

    private protected static CloseEntry Close(string id) => new()
    {
        Id = id,
        Outcome = AuditOutcomes.Completed,
        Status = 200,
        Response = new DirectionRecord { Action = "allow", Judged = 20, JudgedFields = 1, ProducedChars = 20, DeliveredChars = 20 },
    };
}
