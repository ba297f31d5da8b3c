using System.Globalization;
using Gateway.Inspection.Lexicons;

namespace Gateway.Commands;

/// <summary><c>gateway lexicon stats DIR</c>: a lexicon in numbers.</summary>
internal sealed class LexiconStatsCommand(string directory, bool asJson)
{
    public int Run(TextWriter output, TextWriter error)
    {
        if (LexiconOutput.Load(directory, error, out var exit) is not { } lexicon) return exit;
        var statistics = LexiconStatistics.Of(lexicon);
        if (asJson) WriteJson(output, lexicon, statistics);
        else Write(output, lexicon, statistics);
        return LexiconExit.Good;
    }

    private static void Write(TextWriter output, Lexicon lexicon, LexiconStatistics statistics)
    {
        output.WriteLine(LexiconOutput.Title(lexicon));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{statistics.Terms} terms, {statistics.Canonical} canonical, {statistics.AllowTerms} allow terms"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"matcher: {statistics.States} states, {statistics.Bytes} bytes, built in {statistics.BuildTime.TotalMilliseconds:0.0} ms"));
        Table("tier", statistics.Tiers);
        Table("language", statistics.Languages);
        Table("option", statistics.Options);
        Table("risk", statistics.Risks);
        Table("file", statistics.Files);
        Table("length", statistics.Lengths);

        void Table<TKey>(string title, IReadOnlyDictionary<TKey, int> counts)
            where TKey : notnull
        {
            output.WriteLine();
            output.WriteLine(title);
            foreach (var (key, count) in counts) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {key,-40}{count,8}"));
        }
    }

    private static void WriteJson(TextWriter output, Lexicon lexicon, LexiconStatistics statistics)
    {
        var json = LexiconOutput.Describe(lexicon);
        json["terms"] = statistics.Terms;
        json["canonical"] = statistics.Canonical;
        json["allow"] = statistics.AllowTerms;
        json["tiers"] = LexiconOutput.Counts(statistics.Tiers);
        json["languages"] = LexiconOutput.Counts(statistics.Languages);
        json["options"] = LexiconOutput.Counts(statistics.Options);
        json["risks"] = LexiconOutput.Counts(statistics.Risks);
        json["files"] = LexiconOutput.Counts(statistics.Files);
        json["lengths"] = LexiconOutput.Counts(statistics.Lengths);
        json["states"] = statistics.States;
        json["bytes"] = statistics.Bytes;
        json["buildMs"] = Math.Round(statistics.BuildTime.TotalMilliseconds, 3);
        LexiconOutput.Write(output, json);
    }
}
