using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Tenants;

namespace Gateway.Commands;

/// <summary>The verbs under <c>gateway tenant</c>.</summary>
internal static class TenantCommandLine
{
    private const int KeyBytes = 32;

    public static Command Build()
    {
        var command = new Command("tenant", "Make keys for the clients of a tenant.");
        command.Subcommands.Add(Key());
        return command;
    }

    private static Command Key()
    {
        var id = new Argument<string>("id") { Description = "Name of the key in records, such as acme-2026b." };
        var days = new Option<int>("--days") { Description = "Days until it expires; 0 for never.", DefaultValueFactory = _ => 365 };
        var secret = new Option<string?>("--secret") { Description = "Secret for a keyed hash, env:NAME or file:PATH (Gateway:KeySecret)." };
        var command = new Command("key", "Make a key. The key goes to standard output once and is kept nowhere; the line for the tenant file goes to standard error.") { id, days, secret };
        command.SetAction(parsed => PolicyCommandLine.Guarded(() =>
        {
            var key = "gw_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
            var pepper = parsed.GetValue(secret) is { } place ? Encoding.UTF8.GetBytes(SecretSource.Of("--secret", place, TimeProvider.System).Value) : null;
            var line = new JsonObject { ["Id"] = parsed.GetValue(id), ["Hash"] = TenantBook.HashOf(Encoding.UTF8.GetBytes(key), pepper) };
            if (parsed.GetValue(days) > 0)
            {
                line["Expires"] = TimeProvider.System.GetUtcNow().AddDays(parsed.GetValue(days)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            }

            Console.Out.WriteLine(key);
            Console.Error.WriteLine(line.ToJsonString());
            return PolicyExit.Good;
        }));
        return command;
    }
}
