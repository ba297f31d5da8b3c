using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Inspection.Lexicons;

namespace Gateway.Commands;

/// <summary><c>gateway lexicon check DIR</c>: what a gateway would refuse, what it would regret, and what is missing to the standard's minima.</summary>
internal sealed class LexiconCheckCommand(string directory, bool asJson, TimeProvider clock)
{
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <returns>0 with advice at most, 1 with errors, 2 when it could not be read.</returns>
    public async Task<int> RunAsync(TextWriter output, TextWriter error)
    {
        var report = await LexiconCheck.RunAsync(LexiconLoader.Read(directory));
        var findings = report.Findings.ToList();
        if (report.Lexicon.Manifest?.Dated is { } dated && dated > clock.GetUtcNow() + Slack)
        {
            findings.Add(new("note", new(LexiconManifest.FileName, 0, "is dated in the future; the age of the lexicon is wrong until then.")));
        }

        if (!report.IsWhole)
        {
            foreach (var finding in findings) error.WriteLine($"gateway: {finding.Place}");
            return LexiconExit.Unreadable;
        }

        if (asJson) LexiconOutput.Write(output, Json(report, findings));
        else Write(output, report, findings);
        return report.Errors > 0 ? LexiconExit.Bad : LexiconExit.Good;
    }

    private static void Write(TextWriter output, LexiconReport report, List<LexiconFinding> findings)
    {
        output.WriteLine(LexiconOutput.Title(report.Lexicon));
        foreach (var finding in findings) output.WriteLine($"{finding.Place.File}{Line(finding.Place.Line)}: {(finding.IsError ? "error" : "warning")}: {finding.Place.Message}");
        output.WriteLine();
        output.WriteLine("risk                                    clause   terms   minimum   missing");
        foreach (var risk in report.Risks.Where(risk => risk.Minimum is not null || risk.Canonical > 0))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{risk.Risk,-38}  {risk.Clause,-7}{risk.Canonical,7}{risk.Minimum?.ToString(CultureInfo.InvariantCulture) ?? "-",10}{(risk.Minimum is null ? "-" : risk.Gap.ToString(CultureInfo.InvariantCulture)),10}"));
            foreach (var (sub, count) in risk.SubLabels) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  .{sub,-35}  {"",-7}{count,7}"));
        }

        var thin = report.Risks.Where(risk => risk.Gap > 0).ToArray();
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Canonical} canonical terms of {LexiconReport.Target}: {report.Gap} missing; {thin.Length} risks below their minimum, {thin.Sum(risk => risk.Gap)} terms missing there."));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Errors} errors, {findings.Count - report.Errors} warnings"));
    }

    private static string Line(int line) => line > 0 ? string.Create(CultureInfo.InvariantCulture, $":{line}") : "";

    private static JsonObject Json(LexiconReport report, List<LexiconFinding> findings)
    {
        var json = LexiconOutput.Describe(report.Lexicon);
        json["terms"] = report.Lexicon.Terms.Count;
        json["canonical"] = report.Canonical;
        json["target"] = LexiconReport.Target;
        json["gap"] = report.Gap;
        json["errors"] = report.Errors;
        json["warnings"] = findings.Count - report.Errors;
        json["findings"] = LexiconOutput.Array(findings.Select(finding => new JsonObject
        {
            ["severity"] = finding.IsError ? "error" : "warning",
            ["kind"] = finding.Kind,
            ["file"] = finding.Place.File,
            ["line"] = finding.Place.Line,
            ["message"] = finding.Place.Message,
        }));
        json["risks"] = LexiconOutput.Array(report.Risks.Select(risk => new JsonObject
        {
            ["risk"] = risk.Risk,
            ["clause"] = risk.Clause,
            ["canonical"] = risk.Canonical,
            ["minimum"] = risk.Minimum,
            ["gap"] = risk.Gap,
            ["subLabels"] = LexiconOutput.Counts(risk.SubLabels),
        }));
        return json;
    }
}
