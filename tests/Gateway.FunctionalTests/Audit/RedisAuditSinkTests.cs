using System.Diagnostics;
using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;

namespace Gateway.FunctionalTests.Audit;

public sealed class RedisAuditSinkTests : AuditSinkConformance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-audit-").FullName;
    private RedisServer _redis = null!;

    public override async Task InitializeAsync() => _redis = await RedisServer.StartNewAsync();

    public override async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private protected override IAuditSink CreateSink() => new RedisAuditSink(_redis.Address, TimeProvider.System);

    private protected override Task EmptyAsync() => _redis.SendAsync("FLUSHALL");

    private protected override async Task<List<(long Sequence, string Hash, string Record)>> HeldAsync(string instance)
    {
        var held = new List<(long, string, string)>();
        foreach (object[] entry in (object[])(await _redis.SendAsync("XRANGE", "gateway:audit:{" + instance + "}", "-", "+"))!)
        {
            var fields = (object[])entry[1];
            Assert.Equal(["seq", "hash", "record"], new[] { fields[0], fields[2], fields[4] });
            Assert.Equal(fields[1] + "-0", entry[0]);
            held.Add((long.Parse((string)fields[1], CultureInfo.InvariantCulture), (string)fields[3], (string)fields[5]));
        }

        return held;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Forward_RedisKilledStartedAndEmptiedUnderLoad_HoldsEveryEntryOnceInOrder(int seed)
    {
        var random = new Random(seed);
        await using var journal = await AuditJournal.OpenAsync(_directory, new AuditJournalOptions { SegmentBytes = 200_000 });
        await using var sink = CreateSink();
        var options = new AuditForwarderOptions
        {
            BatchEntries = 50,
            IdleCheck = TimeSpan.FromMilliseconds(200),
            FirstRetry = TimeSpan.FromMilliseconds(20),
            LongestRetry = TimeSpan.FromMilliseconds(200),
        };
        var forwarder = new AuditForwarder(journal, sink, options);
        using var stop = new CancellationTokenSource();
        var run = forwarder.RunAsync(stop.Token);
        using var stopWriting = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var index = 0; !stopWriting.IsCancellationRequested; index++)
            {
                await journal.AppendAsync(Open($"{writer}-{index}"));
                await journal.AppendAsync(Close($"{writer}-{index}"));
            }
        })).ToArray();

        for (var fault = 0; fault < 8; fault++)
        {
            // Faults meet forwarding in full run: each comes once some entries went through after the one before.
            var mark = forwarder.ForwardedSequence + random.Next(1, 200);
            await UntilAsync(() => forwarder.ForwardedSequence >= mark, $"seed {seed}, fault {fault}: {forwarder.State} {forwarder.LastFault}");
            if (random.Next(2) == 0)
            {
                await _redis.SendAsync("FLUSHALL");
                continue;
            }

            await _redis.KillAsync();
            var durable = journal.DurableSequence;
            await journal.WaitForDurableAsync(durable + random.Next(1, 100)).WaitAsync(Patience);
            await _redis.StartAsync();
        }

        await stopWriting.CancelAsync();
        await Task.WhenAll(writers);
        await UntilAsync(() => forwarder.EntriesBehind == 0, $"seed {seed}: {forwarder.State} {forwarder.LastFault}");
        await _redis.SendAsync("FLUSHALL");
        var emptied = Stopwatch.GetTimestamp();
        while ((await HeldAsync(journal.Instance)).Count < journal.DurableSequence)
            Assert.True(Stopwatch.GetElapsedTime(emptied) < Patience, $"seed {seed}: emptied while idle and not filled again");
        await stop.CancelAsync();
        await run;
        Assert.Null(forwarder.Alarm);

        var expected = new List<(long, string, string)>();
        using var reader = new JournalReader(_directory);
        while (reader.TryRead(out var entry)) expected.Add((entry.Sequence, entry.Hash, entry.Text));
        Assert.Equal(expected, await HeldAsync(journal.Instance));
    }

    [Theory]
    [InlineData("1-0", "another entry 1")]
    [InlineData("999-0", "already holds entry 999")]
    [InlineData("1-7", "an id that no journal gives")]
    public async Task Forward_ForeignEntryInTheStream_StopsWithAlarmAndOverwritesNothing(string id, string expected)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory);
        await journal.AppendAsync(Open("x"));
        await _redis.SendAsync("XADD", RedisAuditSink.StreamOf(journal.Instance), id, "seq", id.Split('-')[0], "hash", "foreign", "record", "{}");
        await using var sink = CreateSink();
        var forwarder = new AuditForwarder(journal, sink);
        await forwarder.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(ForwarderState.Stopped, forwarder.State);
        Assert.Contains(expected, forwarder.Alarm, StringComparison.Ordinal);
        Assert.Equal(1L, await _redis.SendAsync("XLEN", RedisAuditSink.StreamOf(journal.Instance)));
        await journal.AppendAsync(Close("x"));
    }

    [Fact]
    public async Task Forward_ForeignEntryAddedWhileConnected_StopsWithAlarm()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory);
        await journal.AppendAsync(Open("x"));
        await using var sink = CreateSink();
        var forwarder = new AuditForwarder(journal, sink, new AuditForwarderOptions { IdleCheck = TimeSpan.FromHours(1) });
        var run = forwarder.RunAsync(CancellationToken.None);
        await UntilAsync(() => forwarder.ForwardedSequence == 1, "forwarded");
        await _redis.SendAsync("XADD", RedisAuditSink.StreamOf(journal.Instance), "2-0", "seq", "2", "hash", "foreign", "record", "{}");
        await journal.AppendAsync(Close("x"));
        await run.WaitAsync(Patience);
        Assert.Contains("another entry under 2-0", forwarder.Alarm, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_KeyOfAnotherType_IsAConflict()
    {
        await _redis.SendAsync("SET", RedisAuditSink.StreamOf(Instance), "mine");
        await using var sink = CreateSink();
        await Assert.ThrowsAsync<AuditSinkConflictException>(async () => await sink.OpenAsync(Instance, default));
    }

    [Fact]
    public async Task Open_EntriesTrimmedByTheArchive_GoesOnAfterTheLastId()
    {
        await using var sink = CreateSink();
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        await _redis.SendAsync("XTRIM", RedisAuditSink.StreamOf(Instance), "MAXLEN", "0");
        Assert.Equal(new JournalPosition(3, null), await sink.OpenAsync(Instance, default));
        await sink.WriteAsync(Batch(4, 1), default);
        Assert.Equal([4], (await HeldAsync(Instance)).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Write_RedisOutOfMemory_IsTriedAgainAndNothingIsLost()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory);
        await using var sink = CreateSink();
        await _redis.SendAsync("CONFIG", "SET", "maxmemory", "1");
        var forwarder = new AuditForwarder(journal, sink, new AuditForwarderOptions { FirstRetry = TimeSpan.FromMilliseconds(20) });
        using var stop = new CancellationTokenSource();
        var run = forwarder.RunAsync(stop.Token);
        for (var index = 0; index < 20; index++) await journal.AppendAsync(Open($"x{index}"));
        await UntilAsync(() => forwarder is { State: ForwarderState.Retrying, LastFault: not null }, "out of memory");
        await _redis.SendAsync("CONFIG", "SET", "maxmemory", "0");
        await UntilAsync(() => forwarder.EntriesBehind == 0, "memory again");
        await stop.CancelAsync();
        await run;
        Assert.Equal(20, (await HeldAsync(journal.Instance)).Count);
    }

    [Fact]
    public async Task Write_RedisCluster_FindsTheSlot()
    {
        await using var cluster = await RedisServer.StartNewAsync("--cluster-enabled", "yes");
        await cluster.SendAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await UntilAsync(async () => ((string)(await cluster.SendAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal), "cluster");
        await using var sink = new RedisAuditSink(cluster.Address, TimeProvider.System);
        await sink.OpenAsync(Instance, default);
        await sink.WriteAsync(Batch(1, 3), default);
        Assert.Equal(3L, await cluster.SendAsync("XLEN", RedisAuditSink.StreamOf(Instance)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("ssl=true")]
    public void Create_NoServerNamed_SaysHow(string configuration) =>
        Assert.ThrowsAny<ArgumentException>(() => new RedisAuditSink(configuration, TimeProvider.System));

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, what);
            await Task.Delay(1);
        }
    }
}
