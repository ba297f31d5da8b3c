using System.Globalization;
using System.Text;

namespace Gateway.Telemetry;

/// <summary>The spelling rules of the Prometheus text format: names, units, escapes and numbers, in the invariant culture.</summary>
internal static class PrometheusNames
{
    /// <summary>The type word of a value that only grows.</summary>
    public const string Counter = "counter";

    /// <summary>The type word of a value that goes up and down.</summary>
    public const string Gauge = "gauge";

    /// <summary>The type word of a distribution in buckets.</summary>
    public const string Histogram = "histogram";

    private const string Total = "_total";

    /// <summary>
    /// The Prometheus name of an instrument: characters outside <c>[a-zA-Z0-9_]</c> become one underscore, the unit is appended in
    /// words unless the name ends with it, and a counter ends with <c>_total</c> exactly once.
    /// </summary>
    /// <param name="name">The OpenTelemetry instrument name, such as <c>http.server.request.duration</c>.</param>
    /// <param name="unit">Its UCUM unit, such as <c>s</c>, <c>By</c>, <c>By/s</c>; units in braces are only notes and are dropped.</param>
    /// <param name="type">One of the type words above.</param>
    public static string Metric(string name, string? unit, string type)
    {
        string clean = Sanitise(name);
        bool counter = type == Counter;
        if (counter && clean.EndsWith(Total, StringComparison.Ordinal)) clean = clean[..^Total.Length];
        string words = UnitWords(unit ?? "", type);
        if (words.Length > 0 && clean != words && !clean.EndsWith("_" + words, StringComparison.Ordinal)) clean = $"{clean}_{words}";
        return counter ? clean + Total : clean;
    }

    /// <summary>A label name: characters outside <c>[a-zA-Z0-9_]</c> become one underscore; never empty, never with a leading digit or the reserved <c>__</c>.</summary>
    /// <param name="key">The tag's key.</param>
    public static string Label(string key) => Sanitise(key);

    /// <summary>A tag's value as text in the invariant culture; nothing for null.</summary>
    /// <param name="value">The tag's value.</param>
    public static string LabelValue(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => Number(number),
        Array items => string.Join(',', items.Cast<object?>().Select(LabelValue)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>Escapes backslash, quotation mark and line feed of a label value.</summary>
    /// <param name="value">The value as it is.</param>
    public static string EscapeLabel(string value) =>
        EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Escapes backslash and line feed of a help text.</summary>
    /// <param name="help">The text as it is.</param>
    public static string EscapeHelp(string help) =>
        help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>A number that reads back exactly; infinities and not-a-number as the format spells them.</summary>
    /// <param name="value">Any value.</param>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>A whole number, all digits.</summary>
    /// <param name="value">Any value.</param>
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Sanitise(string name)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            bool plain = char.IsAsciiLetterOrDigit(c);
            if (plain && clean.Length == 0 && char.IsAsciiDigit(c)) clean.Append('_');
            if (plain) clean.Append(c);
            else if (clean.Length == 0 || clean[^1] != '_') clean.Append('_');
        }

        return clean.Length == 0 ? "_" : clean.ToString();
    }

    private static string UnitWords(string unit, string type)
    {
        string plain = WithoutNotes(unit);
        if (plain == "1") return type == Gauge ? "ratio" : "";
        int slash = plain.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return UnitWord(plain);
        string per = plain[(slash + 1)..] switch
        {
            "s" => "second",
            "m" or "min" => "minute",
            "h" => "hour",
            "d" => "day",
            var other => UnitWord(other),
        };
        string of = UnitWord(plain[..slash]);
        if (per.Length == 0) return of;
        return of.Length == 0 ? $"per_{per}" : $"{of}_per_{per}";
    }

    private static string UnitWord(string unit) => unit switch
    {
        "" or "1" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "%" => "percent",
        "Cel" => "celsius",
        "Hz" => "hertz",
        _ => Sanitise(unit).Trim('_'),
    };

    // `{request}` says what is counted; it is no unit.
    private static string WithoutNotes(string unit)
    {
        int open = unit.IndexOf('{', StringComparison.Ordinal);
        if (open < 0) return unit;
        int close = unit.IndexOf('}', open);
        return close < 0 ? unit : WithoutNotes(unit[..open] + unit[(close + 1)..]);
    }
}
