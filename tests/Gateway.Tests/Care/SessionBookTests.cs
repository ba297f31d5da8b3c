using Gateway.Care;
using Gateway.Inspection.Policies;
using Gateway.TestSupport;

namespace Gateway.Tests.Care;

/// <summary>Rows 37 and 38: notices of a companion service.</summary>
public sealed class SessionBookTests
{
    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly SessionRules _rules = new();
    private readonly SessionBook _book;

    public SessionBookTests() => _book = new SessionBook(_clock);

    [Fact]
    public void Row37_ContinuousUse_RemindsEveryTwoHours()
    {
        Assert.Equal([SessionBook.First], Visit());
        var given = new List<(int Minutes, string Kind)>();
        for (var minutes = 7; minutes <= 250; minutes++)
        {
            _clock.Advance(TimeSpan.FromMinutes(minutes == 7 ? 7 : 1));
            given.AddRange(Visit().Select(kind => (minutes, kind)));
        }

        // 1:59 none, 2:00 one, 4:00 the second.
        Assert.Equal([(120, SessionBook.Duration), (240, SessionBook.Duration)], given);
    }

    [Fact]
    public void Row37_AGap_BeginsAnew()
    {
        Visit();
        Pass(110);
        _clock.Advance(_rules.Idle + TimeSpan.FromSeconds(1));
        Assert.Equal([SessionBook.First], Visit());
        Assert.Empty(Pass(119));
        Assert.Equal([SessionBook.Duration], Pass(1));
    }

    [Theory]
    [InlineData(120, 30, 118, 0)]
    [InlineData(120, 30, 120, 1)]
    [InlineData(120, 30, 240, 2)]
    [InlineData(60, 30, 120, 2)]
    [InlineData(120, 1, 240, 0)]
    public void Row37_ReminderAndIdleTime_AreSettings(int reminder, int idle, int minutes, int expected)
    {
        var rules = new SessionRules { Reminder = TimeSpan.FromMinutes(reminder), Idle = TimeSpan.FromMinutes(idle) };
        var given = 0;
        for (var minute = 0; minute <= minutes; minute += 2)
        {
            given += _book.Visit(null, "u", rules, false).Count(kind => kind == SessionBook.Duration);
            _clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(expected, given);
    }

    [Fact]
    public void Row37_UsersAndTenants_HaveClocksOfTheirOwn()
    {
        Visit();
        Pass(119);
        Assert.Equal([SessionBook.First], _book.Visit("t", "u", _rules, false));
        Assert.Equal([SessionBook.First], _book.Visit(null, "v", _rules, false));
        Assert.Equal([SessionBook.Duration], Pass(1));
    }

    [Fact]
    public async Task Row40_AnExit_EndsTheConversation()
    {
        Visit();
        Pass(60);
        await _book.EndAsync(null, "u");
        Assert.Equal([SessionBook.First], Visit());
        Assert.Empty(Pass(119));
    }

    [Fact]
    public void Row38_DependenceReminder_IsRateLimited()
    {
        Assert.Equal([SessionBook.First, SessionBook.Dependence], _book.Visit(null, "u", _rules, true));
        var given = 0;
        for (var minutes = 1; minutes <= 100; minutes++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            if (_book.Visit(null, "u", _rules, true).Contains(SessionBook.Dependence)) given++;
        }

        Assert.Equal(1, given);
    }

    private IReadOnlyList<string> Visit() => _book.Visit(null, "u", _rules, false);

    /// <summary>Uses the service minute by minute.</summary>
    private List<string> Pass(int minutes)
    {
        var given = new List<string>();
        for (; minutes > 0; minutes--)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            given.AddRange(Visit());
        }

        return given;
    }
}
