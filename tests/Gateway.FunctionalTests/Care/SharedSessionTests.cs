using Gateway.Care;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Sanctions;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>Row 37 over Redis: the clock of a user is one, whichever node a turn reaches.</summary>
public sealed class SharedSessionTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly SessionRules _rules = new();
    private RedisProcess _redis = null!;
    private LedgerConnection[] _connections = null!;
    private SessionBook[] _nodes = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _connections = [new LedgerConnection(_redis.Endpoint, TimeProvider.System), new LedgerConnection(_redis.Endpoint, TimeProvider.System)];
        foreach (var connection in _connections) await connection.ConnectAsync(CancellationToken.None);
        await ConnectedAsync();
        _nodes = [.. _connections.Select(connection => new SessionBook(_clock, connection, new UserKeys(new GatewayOptions(), _clock)))];
    }

    public async Task DisposeAsync()
    {
        foreach (var connection in _connections) connection.Dispose();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Row37_TurnsOnTwoNodes_RemindOnceEveryTwoHours()
    {
        var given = new List<(int Minute, string Kind)>();
        for (var minute = 0; minute <= 245; minute += 5)
        {
            given.AddRange((await VisitAsync(minute / 5 % 2)).Select(kind => (minute, kind)));
            _clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal([(0, SessionBook.First), (120, SessionBook.Duration), (240, SessionBook.Duration)], given);
    }

    [Fact]
    public async Task Row37_BothNodesAtOnce_GiveEachNoticeOnce()
    {
        Assert.Equal([SessionBook.First], await BothAsync());
        for (var minute = 20; minute <= 120; minute += 20)
        {
            _clock.Advance(TimeSpan.FromMinutes(20));
            Assert.Equal(minute == 120 ? [SessionBook.Duration] : [], await BothAsync());
        }

        async Task<IEnumerable<string>> BothAsync() => (await Task.WhenAll(VisitAsync(0).AsTask(), VisitAsync(1).AsTask())).SelectMany(kinds => kinds);
    }

    [Fact]
    public async Task Row40_AnExitOnOneNode_CountsOnAll()
    {
        await VisitAsync(0);
        await VisitAsync(1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _nodes[0].EndAsync("t", "u");
        Assert.Equal([SessionBook.First], await VisitAsync(1));
        Assert.Empty(await VisitAsync(0));
    }

    [Fact]
    public async Task Row37_RedisAway_TheNodeGoesOnFromWhatItSaw_AndTheOthersHearOfIt()
    {
        await VisitAsync(0);
        await _redis.StopAsync();
        await Eventually.TrueAsync(() => !_connections[0].IsUp, "Redis is away");
        for (var minute = 0; minute < 100; minute += 20)
        {
            _clock.Advance(TimeSpan.FromMinutes(20));
            Assert.Empty(await VisitAsync(0));
        }

        await _redis.ResumeAsync();
        await ConnectedAsync();
        Assert.Empty(await VisitAsync(0));
        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal([SessionBook.Duration], await VisitAsync(1));
    }

    private ValueTask<IReadOnlyList<string>> VisitAsync(int node) => _nodes[node].VisitAsync("t", "u", _rules, false);

    /// <summary>Each connection answers: the first steps after a restart of Redis may still fail.</summary>
    private async Task ConnectedAsync()
    {
        foreach (var connection in _connections) await Eventually.TrueAsync(() => AnswersAsync(connection), "Redis is connected");

        static async Task<bool> AnswersAsync(LedgerConnection connection)
        {
            try
            {
                return connection.IsUp && (int)await connection.RunAsync("return 1", []) == 1;
            }
            catch (Exception fault) when (UserLedger.IsAbsence(fault))
            {
                return false;
            }
        }
    }
}
