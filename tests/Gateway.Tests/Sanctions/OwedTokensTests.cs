using Gateway.Sanctions;
using Gateway.Tenants;

namespace Gateway.Tests.Sanctions;

public sealed class OwedTokensTests
{
    private const long Noon = 1_764_000_000_000 / 86_400_000 * 86_400_000L + 43_200_000L;

    private static readonly UsageLimits Daily = new(0, 0, 100, 1000);

    [Fact]
    public void Tokens_AddUpByTenantUserAndDay_AndTheLastMinuteApart()
    {
        var owed = new OwedTokens();
        Assert.True(owed.TryAdd(Caller("a"), 10, Noon));
        Assert.True(owed.TryAdd(Caller("a"), 20, Noon + 61_000));
        Assert.True(owed.TryAdd(Caller("b"), 5, Noon));

        var first = owed.Next()!;
        Assert.Equal(("a", 20L, 30L, (Noon + 61_000) / 60_000), (first.Caller.UserKey, first.InMinute, first.InDay, first.Minute));
        Assert.Equal(35, owed.Sum);
    }

    [Fact]
    public void WhatIsOnItsWay_StaysAsItIs_UntilItIsDone()
    {
        var owed = new OwedTokens();
        owed.TryAdd(Caller("a"), 10, Noon);
        var first = owed.Next();
        owed.TryAdd(Caller("a"), 7, Noon);

        // Redis may have it and not have said so: it is brought again under the same id, and not as a larger sum.
        Assert.Equal(first, owed.Next());
        owed.Done(first!);
        var second = owed.Next()!;
        Assert.Equal(7, second.InDay);
        Assert.NotEqual(first!.Id, second.Id);
        owed.Done(second);
        Assert.Null(owed.Next());
    }

    [Fact]
    public void WhoHasNoLimitOfTokens_OwesNothing_AndTheNumberIsBounded()
    {
        var owed = new OwedTokens();
        Assert.True(owed.TryAdd(new LedgerCaller("t", "a", new UsageLimits(1, 1, 0, 0), UsageLimits.None), 10, Noon));
        Assert.Null(owed.Next());
        for (var i = 0; i < OwedTokens.Most; i++) Assert.True(owed.TryAdd(Caller($"u{i}"), 1, Noon));
        Assert.False(owed.TryAdd(Caller("more"), 1, Noon));
        Assert.True(owed.TryAdd(Caller("u1"), 1, Noon));
    }

    private static LedgerCaller Caller(string user) => new("t", user, UsageLimits.None, Daily);
}
