using System.Globalization;

namespace Gateway.Benchmarks;

/// <summary>What <c>eng/bench audit</c> was asked for.</summary>
internal sealed record AuditOptions(bool IsJson, int Entries, int Records, string? Row, string Folder)
{
    public const string Usage = "audit [--json] [--entries N] [--records N] [--row journal|forwarding|verify|recovery|search] [--folder DIR]";

    /// <exception cref="FormatException">An argument is unknown or lacks its value.</exception>
    public static AuditOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new AuditOptions(false, 400_000, 1_000_000, null, Path.GetTempPath());
        for (var index = 0; index < arguments.Length; index++)
        {
            string Value(ReadOnlySpan<string> all) => index + 1 < all.Length ? all[++index] : throw new FormatException($"{all[index]} needs a value. {Usage}");
            options = arguments[index] switch
            {
                "--json" => options with { IsJson = true },
                "--entries" => options with { Entries = int.Parse(Value(arguments), CultureInfo.InvariantCulture) },
                "--records" => options with { Records = int.Parse(Value(arguments), CultureInfo.InvariantCulture) },
                "--row" => options with { Row = Value(arguments) },
                "--folder" => options with { Folder = Value(arguments) },
                "--data" => Skip(Value(arguments), options),
                _ => throw new FormatException($"Unknown argument '{arguments[index]}'. {Usage}"),
            };
        }

        return options;
    }

    private static AuditOptions Skip(string value, AuditOptions options) => value.Length >= 0 ? options : options;
}
