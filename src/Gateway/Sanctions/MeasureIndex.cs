using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>
/// Who is under a measure, for all nodes: for each tenant two sorted sets in Redis, of those shut out and of those limited, by when it ends. A tenant is known by
/// a set beside them. A pseudonym of a node's records points to its user.
/// </summary>
internal sealed class MeasureIndex(LedgerConnection connection)
{
    public const string Shut = "shut";
    public const string Limited = "limited";

    private const string TenantsKey = "gateway:use:tenants";
    private static readonly string[] Sets = [Shut, Limited];

    /// <summary>Where a pseudonym points to its user.</summary>
    public static RedisKey PointerKey(string tenant, string? subject) => LedgerConnection.Key(tenant, "subject:" + (subject ?? "none"));

    public static string? Text(RedisResult result) => (string?)result is { Length: > 0 } text ? text : null;

    /// <summary>A tenant has users under a measure.</summary>
    public static Task AnnounceAsync(LedgerConnection connection, string tenant) => connection.RunAsync("return redis.call('SADD', KEYS[1], ARGV[1])", [TenantsKey], tenant);

    /// <summary>A page of users under a measure.</summary>
    /// <param name="tenant">Only this tenant's; <see langword="null"/> for all.</param>
    /// <param name="states">States that count.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cursor">Where the page before ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>The users, and where the next page begins; <see langword="null"/> at the end.</returns>
    public async Task<(IReadOnlyList<MeasuredUser> Users, string? Next)> ListAsync(string? tenant, IReadOnlyList<UserState> states, int limit, string? cursor, long now)
    {
        var tenants = tenant is null ? await TenantsAsync() : [tenant];
        var from = Cursor.Read(cursor);
        var last = from;
        var users = new List<MeasuredUser>();
        foreach (var each in tenants.Where(name => from is null || string.CompareOrdinal(name, from.Tenant) >= 0))
        {
            for (var set = from?.Tenant == each ? from.Set : 0; set < Sets.Length; set++)
            {
                if (!states.Any(state => state == UserState.Limited == (Sets[set] == Limited))) continue;
                int wanted;
                RedisResult[] rows;
                do
                {
                    // One more than fits: so it is known whether there is a next page.
                    wanted = limit - users.Count + 1;
                    var after = last is not null && last.Tenant == each && last.Set == set ? last : null;
                    rows = await connection.EvaluateAsync(LedgerScripts.Page, [LedgerConnection.Key(each, Sets[set])], now, after?.User ?? "", after?.Score ?? "", wanted, LedgerConnection.Key(each, "user:"));
                    foreach (var row in rows)
                    {
                        var cells = (RedisResult[]?)row ?? [];
                        var user = Read(each, cells);
                        if (states.Contains(user.Standing.State))
                        {
                            if (users.Count == limit) return (users, last!.Write());
                            users.Add(user);
                        }

                        last = new Cursor(each, set, (string)cells[1]!, user.UserKey);
                    }
                }
                while (rows.Length == wanted);
            }
        }

        return (users, null);
    }

    /// <summary>How many users are shut out, and how many limited.</summary>
    public async Task<(long Shut, long Limited)> CountAsync(long now)
    {
        var (shut, limited) = (0L, 0L);
        foreach (var tenant in await TenantsAsync())
        {
            var answer = await connection.EvaluateAsync(LedgerScripts.Count, [LedgerConnection.Key(tenant, Shut), LedgerConnection.Key(tenant, Limited)], now);
            shut += (long)answer[0];
            limited += (long)answer[1];
        }

        return (shut, limited);
    }

    /// <summary>A pseudonym of this node's records is that of a user.</summary>
    public Task PointAsync(string tenant, string user, string tenantName, string subject) => connection.RunAsync(
        LedgerScripts.Point, [LedgerConnection.Key(tenant, "user:" + user), PointerKey(tenant, subject)], user, tenantName, subject);

    /// <summary>The user whom a pseudonym of records stands for; <see langword="null"/> where there is none under a measure.</summary>
    public async Task<string?> FindAsync(string tenant, string subject) => Text(await connection.RunAsync("return redis.call('GET', KEYS[1])", [PointerKey(tenant, subject)]));

    private async Task<string[]> TenantsAsync()
    {
        var answer = await connection.EvaluateAsync("return redis.call('SMEMBERS', KEYS[1])", [TenantsKey]);
        return [.. answer.Select(tenant => (string)tenant!).Order(StringComparer.Ordinal)];
    }

    private static MeasuredUser Read(string tenant, RedisResult[] cells) => new(tenant, (string)cells[0]!, new Standing
    {
        State = (UserState)Number(cells[2]), Until = Number(cells[3]), Suspensions = (int)Number(cells[4]), Since = Number(cells[5]), Reason = Text(cells[6]), Actor = Text(cells[7]), Appeal = Text(cells[8]),
        Subject = Text(cells[9]), Tenant = Text(cells[10]),
    });

    private static long Number(RedisResult result) => long.TryParse((string?)result, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Where a page ended.</summary>
    private sealed record Cursor(string Tenant, int Set, string Score, string User)
    {
        public static Cursor? Read(string? text) =>
            text?.Split('~') is [var tenant, var set, var score, var user] && int.TryParse(set, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new Cursor(tenant, number, score, user) : null;

        public string Write() => string.Create(CultureInfo.InvariantCulture, $"{Tenant}~{Set}~{Score}~{User}");
    }
}
