using System.Globalization;
using Gateway.Configuration;

namespace Gateway.Sanctions;

/// <summary>
/// The rules of the ladder, without memory. What it decides for one node <see cref="LedgerScripts"/> decides in Redis for all of them; a test holds
/// the two together.
/// </summary>
internal sealed class Ladder(SanctionOptions options)
{
    /// <summary>Who decides by these rules.</summary>
    public const string Actor = "gateway";

    private const long DayLength = 86_400_000;

    // Asia/Shanghai knows no summer time.
    private const long ShanghaiOffset = 8 * 3_600_000;

    public SanctionOptions Options => options;

    /// <summary>The day, Asia/Shanghai, of a moment.</summary>
    public static long DayOf(long now) => (now + ShanghaiOffset) / DayLength;

    /// <summary>When that day ends.</summary>
    public static long EndOfDay(long now) => ((DayOf(now) + 1) * DayLength) - ShanghaiOffset;

    /// <summary>How a user stands now: what has ended is gone.</summary>
    public static Standing At(Standing standing, long now)
    {
        if (standing.Until > 0 && standing.Until <= now)
        {
            standing = standing.State == UserState.Suspended
                ? standing with { State = UserState.None, Until = 0, InRow = 0, Today = 0, Reason = null, Actor = null, Appeal = null }
                : standing with { State = UserState.None, Until = 0, Reason = null, Actor = null };
        }

        return standing.Day == DayOf(now) ? standing : standing with { Day = DayOf(now), Today = 0 };
    }

    /// <summary>A new turn was blocked.</summary>
    public Standing Blocked(Standing standing, long now)
    {
        standing = At(standing, now);
        if (standing.IsShut) return standing;
        var (inRow, today) = (standing.InRow + 1, standing.Today + 1);
        if (Reached(inRow, options.InRow) || Reached(today, options.PerDay))
        {
            var reason = Reached(inRow, options.InRow) ? Times(inRow, "in a row") : Times(today, "in a day");
            var suspensions = standing.Suspensions + 1;
            var ends = Reached(suspensions, options.TerminateAfter);
            return standing with
            {
                State = ends ? UserState.Terminated : UserState.Suspended,
                Until = ends ? 0 : now + (options.SuspendMinutes * 60_000L),
                InRow = 0,
                Today = 0,
                Suspensions = suspensions,
                Since = now,
                Reason = reason,
                Actor = Actor,
                Appeal = null,
            };
        }

        var state = Reached(inRow, options.LimitInRow) || Reached(today, options.LimitPerDay) ? UserState.Limited : Reached(inRow, options.WarnInRow) ? UserState.Warned : UserState.None;
        var counted = standing with { InRow = inRow, Today = today };
        return state <= standing.State
            ? counted
            : counted with { State = state, Until = EndOfDay(now), Since = now, Reason = Times(Math.Max(inRow, today), inRow >= today ? "in a row" : "in a day"), Actor = Actor };
    }

    /// <summary>A new turn was clean.</summary>
    public static Standing Clean(Standing standing, long now) => At(standing, now) with { InRow = 0 };

    private static bool Reached(int count, int limit) => limit > 0 && count >= limit;

    private static string Times(int count, string how) => string.Create(CultureInfo.InvariantCulture, $"{count} blocked prompts {how}");
}
