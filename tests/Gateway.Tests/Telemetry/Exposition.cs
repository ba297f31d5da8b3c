using System.Globalization;
using System.Text;

namespace Gateway.Tests.Telemetry;

/// <summary>A strict reader of the Prometheus text format 0.0.4: throws on whatever a scraper may refuse.</summary>
internal sealed class Exposition
{
    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    public sealed record Family(string Name, string Type, string? Help, List<Sample> Samples);

    public List<Family> Families { get; } = [];

    public Family this[string name] => Families.Single(family => family.Name == name);

    public double Value(string name, params (string Key, string Value)[] labels) => Families
        .SelectMany(family => family.Samples)
        .Single(sample => sample.Name == name && sample.Labels.Count == labels.Length
            && labels.All(label => sample.Labels.TryGetValue(label.Key, out string? value) && value == label.Value))
        .Value;

    /// <summary>Every name that a query could ask for: samples' names, so that `_bucket`, `_sum` and `_count` are among them.</summary>
    public HashSet<string> SampleNames() => [.. Families.SelectMany(family => family.Samples).Select(sample => sample.Name)];

    public static Exposition Parse(string text)
    {
        var page = new Exposition();
        if (text.Length > 0 && !text.EndsWith('\n')) throw new FormatException("The last line does not end with a line feed.");
        string? help = null, helpFor = null;
        Family? family = null;
        var series = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                string[] parts = line.Split(' ', 4);
                (helpFor, help) = (parts[2], Unescape(parts.Length > 3 ? parts[3] : "", quotes: false));
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] parts = line.Split(' ');
                if (parts.Length != 4 || parts[3] is not ("counter" or "gauge" or "histogram")) throw new FormatException($"Bad TYPE line: {line}");
                if (page.Families.Any(other => other.Name == parts[2])) throw new FormatException($"A second group of {parts[2]}.");
                if (helpFor is not null && helpFor != parts[2]) throw new FormatException($"HELP of {helpFor} before TYPE of {parts[2]}.");
                family = new Family(parts[2], parts[3], help, []);
                page.Families.Add(family);
                (help, helpFor) = (null, null);
            }
            else
            {
                Sample sample = ParseSample(line);
                if (family is null || !BelongsTo(sample.Name, family)) throw new FormatException($"A sample outside its group: {line}");
                if (!series.Add(line[..line.LastIndexOf(' ')])) throw new FormatException($"A series twice: {line}");
                family.Samples.Add(sample);
            }
        }

        return page;
    }

    private static bool BelongsTo(string name, Family family) => family.Type == "histogram"
        ? name == family.Name + "_bucket" || name == family.Name + "_sum" || name == family.Name + "_count"
        : name == family.Name;

    private static Sample ParseSample(string line)
    {
        int at = 0;
        string name = Name(line, ref at);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                string key = Name(line, ref at);
                if (line[at++] != '=' || line[at++] != '"') throw new FormatException($"Bad label in: {line}");
                int end = at;
                while (line[end] != '"') end += line[end] == '\\' ? 2 : 1;
                if (!labels.TryAdd(key, Unescape(line[at..end], quotes: true))) throw new FormatException($"Label {key} twice in: {line}");
                at = end + 1;
                if (line[at] == ',') at++;
            }

            at++;
        }

        if (line[at] != ' ') throw new FormatException($"No value in: {line}");
        return new Sample(name, labels, Number(line[(at + 1)..]));
    }

    private static string Name(string line, ref int at)
    {
        int start = at;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] == '_')) at++;
        if (at == start || char.IsAsciiDigit(line[start])) throw new FormatException($"Bad name at {start} in: {line}");
        return line[start..at];
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            plain.Append(text[++i] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when quotes => '"',
                _ => throw new FormatException($"Unknown escape in: {text}"),
            });
        }

        return plain.ToString();
    }
}
