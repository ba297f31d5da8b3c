using System.Globalization;
using Gateway.Inspection.Policies;

namespace Gateway.Care;

/// <summary>How long a user of a companion service has been talking.</summary>
/// <param name="Start">When it began.</param>
/// <param name="Last">The newest turn.</param>
/// <param name="Reminders">Reminders of long use so far.</param>
/// <param name="Dependence">When dependence was spoken of last.</param>
/// <param name="IsOver">The user has left: the next turn begins anew.</param>
internal sealed record Session(DateTimeOffset Start, DateTimeOffset Last, int Reminders, DateTimeOffset? Dependence, bool IsOver)
{
    /// <summary>The session after another turn, and the notices that are due.</summary>
    public static (Session Session, IReadOnlyList<string> Due) Next(Session? session, SessionRules rules, bool showsDependence, DateTimeOffset now)
    {
        List<string>? due = null;
        if (session is null || session.IsOver || now - session.Last > rules.Idle)
        {
            session = new Session(now, now, 0, session is { IsOver: false } ? session.Dependence : null, false);
            (due ??= []).Add(SessionBook.First);
        }

        session = session with { Last = now > session.Last ? now : session.Last };
        var reminders = (int)((now - session.Start) / rules.Reminder);
        if (reminders > session.Reminders)
        {
            session = session with { Reminders = reminders };
            (due ??= []).Add(SessionBook.Duration);
        }

        if (showsDependence && (session.Dependence is null || now - session.Dependence >= rules.DependencePause))
        {
            session = session with { Dependence = now };
            (due ??= []).Add(SessionBook.Dependence);
        }

        return (session, due ?? (IReadOnlyList<string>)[]);
    }

    /// <summary>As it stands in Redis.</summary>
    public string Write() => string.Create(
        CultureInfo.InvariantCulture, $"{Start.ToUnixTimeMilliseconds()} {Last.ToUnixTimeMilliseconds()} {Reminders} {Dependence?.ToUnixTimeMilliseconds() ?? 0} {(IsOver ? 1 : 0)}");

    /// <summary>Out of Redis; <see langword="null"/> where it is none.</summary>
    public static Session? Read(string? text)
    {
        if (text?.Split(' ') is not { Length: 5 } parts) return null;
        var numbers = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        }

        return new Session(Time(numbers[0]), Time(numbers[1]), (int)numbers[2], numbers[3] == 0 ? null : Time(numbers[3]), numbers[4] == 1);

        static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
