using System.Globalization;
using Gateway.Audit.Records;

namespace Gateway.Commands;

/// <summary>Records for people. Text that clients chose is printed without control characters: it must not steer a terminal.</summary>
internal static class ExchangeText
{
    /// <summary>A record in one line.</summary>
    public static string Line(ExchangeRecord record)
    {
        var parts = new List<string>
        {
            Time(record.Time),
            record.Id,
            record.Closing?.Status is { } status ? Invariant($"{record.Outcome} {status}") : record.Outcome,
        };
        if (record.Opening is { } open)
        {
            parts.Add(Clean(open.Model is null ? open.Protocol : $"{open.Protocol}/{open.Model}"));
            parts.Add("prompt " + Judgement(open.Request));
        }

        if (record.Response is { } response) parts.Add("answer " + Judgement(response));
        if (record.Closing?.Fault is { } fault) parts.Add(Clean(fault));
        return string.Join("  ", parts);
    }

    /// <summary>A record in several lines.</summary>
    public static void Write(ExchangeRecord record, TextWriter output)
    {
        void Row(string name, string? value)
        {
            if (value is not null) output.WriteLine($"{name,-10}{Clean(value)}");
        }

        var open = record.Opening;
        var close = record.Closing;
        Row("exchange", record.Id);
        Row("time", record.Closed is { } closed ? $"{Time(record.Time)} to {Time(closed)}" : Time(record.Time));
        Row("outcome", close?.Status is { } status ? Invariant($"{record.Outcome} ({status})") : record.Outcome);
        Row("fault", close?.Fault);
        if (open is not null)
        {
            Row("request", $"{open.Method} {open.Path}");
            Row("protocol", open.Operation is null ? open.Protocol : $"{open.Protocol} {open.Operation}{(open.Stream ? ", streamed" : "")}");
            Row("model", open.Model);
            Row("policy", $"{open.Policy ?? "none"}, epoch {open.PolicyEpoch}");
            Row("versions", Versions(open));
            Direction("prompt", open.Request, output);
        }

        Row("upstream", close?.Upstream);
        if (record.Response is { } response) Direction("answer", response, output);
        if (close?.Shadow is { } shadow)
            Row("shadow", $"{shadow.Model}: prompt {Would(shadow.Request)}, answer {Would(shadow.Response)}{(shadow.Unanswered is { } left ? Invariant($", {left} texts unanswered") : "")}");
        Row("delivered", record.DeliveryReason is { } reason ? $"less than the close said: {reason}" : null);
        if (close?.Timings is { Count: > 0 } timings)
            Row("timings", string.Join(", ", timings.Select(pair => Invariant($"{pair.Key} {pair.Value:0.###} ms"))));
        foreach (var entry in record.Entries) Row("entry", Invariant($"{entry.Seq} {entry.Kind} {entry.Hash}"));
    }

    private static void Direction(string name, DirectionRecord direction, TextWriter output)
    {
        var size = Invariant($"{direction.Judged} characters in {direction.JudgedFields} fields judged");
        if (direction.ProducedChars is { } produced) size += Invariant($", {produced} produced");
        if (direction.DeliveredChars is { } delivered) size += Invariant($", {delivered} delivered");
        output.WriteLine($"{name,-10}{Clean(direction.Action)}, {size}");
        foreach (var detection in direction.Detections)
        {
            var folded = detection.Foldings is { Count: > 0 } foldings ? $", folded: {string.Join(" ", foldings)}" : "";
            var tier = detection.Tier is null ? "" : $" {detection.Tier}";
            output.WriteLine("          found " + Clean(Invariant(
                $"{detection.Risk} by {detection.Detector}{tier} {detection.Rule}, score {detection.Score:0.###}, at {detection.Start}+{detection.Length}{(detection.Field is null ? "" : " of " + detection.Field)}{folded}")));
        }

        if (direction.DetectionCount > direction.Detections.Count)
            output.WriteLine(Invariant($"          and {direction.DetectionCount - direction.Detections.Count} more"));
        foreach (var span in direction.Unjudged)
            output.WriteLine("          not judged: " + Clean(string.Join(", ", Parts(span))));
    }

    private static string Would(ShadowDirection? said) =>
        said is null ? "not asked" : $"{said.Action}{(said.Differs == true ? " (differs)" : "")}{string.Concat(said.Scores.OrderByDescending(pair => pair.Value).Take(3).Select(pair => Invariant($" {pair.Key} {pair.Value:0.###}")))}";

    private static IEnumerable<string> Parts(UnjudgedSpan span)
    {
        yield return span.Reason;
        if (span.Kind is not null) yield return span.Kind;
        if (span.Path is not null) yield return span.Path;
        if (span.Bytes is { } bytes) yield return Invariant($"{bytes} bytes");
        if (span.Chars is { } chars) yield return Invariant($"{chars} characters");
    }

    private static string? Versions(OpenEntry open)
    {
        var known = new[] { ("lexicon", open.LexiconVersion), ("model", open.ModelVersion), ("folder", open.FolderVersion) }
            .Where(pair => pair.Item2 is not null).Select(pair => $"{pair.Item1} {pair.Item2}").ToArray();
        return known.Length == 0 ? null : string.Join(", ", known);
    }

    private static string Judgement(DirectionRecord direction)
    {
        var risks = direction.Detections.Select(detection => detection.Risk).Distinct(StringComparer.Ordinal).ToArray();
        return Clean(risks.Length == 0 ? direction.Action : $"{direction.Action} ({string.Join(", ", risks)})");
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Text that clients chose, without what steers a terminal.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var index = 0; index < source.Length; index++)
        {
            var kind = char.GetUnicodeCategory(source[index]);
            target[index] = kind is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? '?'
                : source[index];
        }
    });

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
