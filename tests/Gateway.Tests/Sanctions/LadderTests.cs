using Gateway.Configuration;
using Gateway.Sanctions;

namespace Gateway.Tests.Sanctions;

/// <summary>Rows 8 and 9: what follows from blocked and clean turns, on a clock of the test's own.</summary>
public sealed class LadderTests
{
    // 2026-11-24 10:00 in Shanghai.
    private static readonly long Morning = new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();

    [Theory]
    [InlineData("bbb", nameof(UserState.Suspended), 1)]
    [InlineData("bb", nameof(UserState.Limited), 0)]
    [InlineData("b", nameof(UserState.Warned), 0)]
    [InlineData("bbcbb", nameof(UserState.Limited), 0)]
    [InlineData("bcbcbcb", nameof(UserState.Limited), 0)]
    [InlineData("bcbcbcbcb", nameof(UserState.Suspended), 1)]
    [InlineData("bbcbbcb", nameof(UserState.Suspended), 1)]
    [InlineData("ccc", nameof(UserState.None), 0)]
    [InlineData("bbbbbbb", nameof(UserState.Suspended), 1)]
    public void Row08_Turns_LeadWhereTheRulesSay(string turns, string expected, int suspensions)
    {
        var standing = Play(new SanctionOptions(), turns, Morning);

        Assert.Equal((expected, suspensions), (standing.State.ToString(), standing.Suspensions));
    }

    [Fact]
    public void Row08_FourBeforeMidnightAndOneAfter_AreNotFiveInADay()
    {
        var ladder = new Ladder(new SanctionOptions());
        var evening = new DateTimeOffset(2026, 11, 24, 23, 59, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        var standing = Play(new SanctionOptions(), "bcbcbcbc", evening);

        Assert.Equal(4, standing.Today);
        Assert.Equal(UserState.Warned, ladder.Blocked(standing, evening + 120_000).State);
        Assert.Equal(UserState.Suspended, ladder.Blocked(standing, evening + 30_000).State);

        // Midnight is that of Shanghai: at 16:00 UTC.
        Assert.Equal(Ladder.DayOf(evening) + 1, Ladder.DayOf(evening + 60_000));
        Assert.Equal(evening + 60_000, Ladder.EndOfDay(evening));
    }

    [Fact]
    public void Row09_Suspension_EndsByItself_AndCountsAnew()
    {
        var options = new SanctionOptions { SuspendMinutes = 60 };
        var ladder = new Ladder(options);
        var standing = Play(options, "bbb", Morning);

        Assert.Equal(UserState.Suspended, Ladder.At(standing, Morning + 3_599_999).State);
        var after = Ladder.At(standing, Morning + 3_600_000 + 60_000);
        Assert.Equal((UserState.None, 0, 0, 1), (after.State, after.InRow, after.Today, after.Suspensions));
        Assert.Equal(UserState.Warned, ladder.Blocked(after, Morning + 3_700_000).State);
    }

    [Fact]
    public void Row09_Ladder_GoesFromWarningToTermination()
    {
        var options = new SanctionOptions { SuspendMinutes = 1, TerminateAfter = 2 };
        var ladder = new Ladder(options);
        var states = new List<UserState>();
        var standing = default(Standing);
        for (var turn = 0; turn < 6; turn++)
        {
            standing = ladder.Blocked(standing, Morning + (turn * 61_000L));
            states.Add(standing.State);
        }

        Assert.Equal([UserState.Warned, UserState.Limited, UserState.Suspended, UserState.Warned, UserState.Limited, UserState.Terminated], states);
        Assert.Equal((0L, "3 blocked prompts in a row", "gateway"), (standing.Until, standing.Reason, standing.Actor));
        Assert.Equal(UserState.Terminated, Ladder.At(standing, long.MaxValue / 2).State);
        Assert.Equal(standing, ladder.Blocked(standing, Morning + 400_000));
    }

    [Theory]
    [InlineData(0, 5, "bbbb", nameof(UserState.Limited))]
    [InlineData(0, 5, "bbbbb", nameof(UserState.Suspended))]
    [InlineData(2, 0, "bb", nameof(UserState.Suspended))]
    [InlineData(0, 0, "bbbbbbbbb", nameof(UserState.Limited))]
    public void Row08_Figures_AreSettings(int inRow, int perDay, string turns, string expected) =>
        Assert.Equal(expected, Play(new SanctionOptions { InRow = inRow, PerDay = perDay }, turns, Morning).State.ToString());

    [Fact]
    public void Row09_LimitsAndWarnings_EndWithTheDay()
    {
        var standing = Play(new SanctionOptions(), "bb", Morning);

        Assert.Equal(UserState.Limited, Ladder.At(standing, Ladder.EndOfDay(Morning) - 1).State);
        Assert.Equal((UserState.None, 2), (Ladder.At(standing, Ladder.EndOfDay(Morning)).State, Ladder.At(standing, Ladder.EndOfDay(Morning)).InRow));
    }

    private static Standing Play(SanctionOptions options, string turns, long start)
    {
        var ladder = new Ladder(options);
        var standing = default(Standing);
        for (var i = 0; i < turns.Length; i++) standing = turns[i] == 'b' ? ladder.Blocked(standing, start + i) : Ladder.Clean(standing, start + i);
        return standing;
    }
}
