using System.Diagnostics;
using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

public class CommitPaceTests
{
    private static readonly long Start = Stopwatch.Frequency * 100;

    [Fact]
    public void TwoThatMeetByChance_WaitForNobody()
    {
        var pace = new CommitPace();
        pace.Begin(At(0));
        pace.Begin(At(30));

        Assert.False(pace.IsGathering(At(30.2)));
    }

    [Theory]
    [InlineData(0.9, true)]
    [InlineData(1.1, false)]
    public void CommitsThatFollowOneAnother_AreShared_AMillisecondApart(double later, bool expected)
    {
        var pace = new CommitPace();
        pace.Begin(At(0));
        pace.Begin(At(3.9));

        Assert.Equal(expected, pace.IsGathering(At(3.9 + later)));
    }

    private static long At(double milliseconds) => Start + (long)(milliseconds * Stopwatch.Frequency / 1000);
}
