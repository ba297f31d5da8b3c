using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Inspection.Lexicons;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway lexicon import FILE</c>: makes lexicon lines of a word list. Rows that a lexicon would refuse are left out and
/// named with their line; the rest is written, whole or not at all, and never over something that is there.
/// </summary>
internal sealed class LexiconImportCommand
{
    public required string File { get; init; }

    public required string Risk { get; init; }

    public required string Tier { get; init; }

    public string Options { get; init; } = "";

    /// <summary><c>lines</c>, <c>csv</c>, <c>json</c>; by the file's extension when left out.</summary>
    public string? Format { get; init; }

    public string? Column { get; init; }

    public string Delimiter { get; init; } = ",";

    public string? Out { get; init; }

    public bool Append { get; init; }

    public bool Force { get; init; }

    /// <summary>A lexicon whose terms count as there already.</summary>
    public string? Lexicon { get; init; }

    public bool AsJson { get; init; }

    public int Run(TextWriter output, TextWriter error)
    {
        var name = Path.GetFileName(File);
        try
        {
            if (FaultInUsage(out var format) is { } wrong) return Complain(wrong);
            var rows = WordList.Read(System.IO.File.ReadAllBytes(File), format, Column, Delimiter == "\\t" ? '\t' : Delimiter[0]);
            var result = LexiconImport.Run(name, rows, Risk, Tier, Options, Present());
            if (Out is not null && result.Lines.Count > 0) Save(Out, result.Lines);
            Report(output, error, rows.Count, result);
            return result.Refused.Count > 0 ? LexiconExit.Bad : LexiconExit.Good;
        }
        catch (ImportException fault)
        {
            return Complain($"{name}: {fault.Message}");
        }
        catch (LexiconException fault)
        {
            return Complain(fault.Message);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Complain(fault.Message);
        }

        int Complain(string message)
        {
            error.WriteLine($"gateway: {message}");
            return LexiconExit.Unreadable;
        }
    }

    private string? FaultInUsage(out ImportFormat format)
    {
        var extension = Path.GetExtension(File).ToLowerInvariant();
        var known = (Format?.ToLowerInvariant() ?? extension) switch
        {
            "lines" or "txt" or ".txt" or ".lst" or ".dic" or "" => (ImportFormat?)ImportFormat.Lines,
            "csv" or ".csv" => ImportFormat.Csv,
            "json" or ".json" => ImportFormat.Json,
            _ => null,
        };
        format = known ?? ImportFormat.Lines;
        if (known is null) return $"the format of {Path.GetFileName(File)} is not known; name it with --format lines, csv or json.";
        if (Delimiter != "\\t" && Delimiter.Length != 1) return "--delimiter is one character, or \\t.";
        if (LexiconImport.FaultIn(Risk, Tier, Options) is { } fault) return fault;
        if (Out is null) return Append || Force ? "--append and --force need --out FILE." : null;
        if (Path.GetFileName(Out) == LexiconLoader.AllowFile) return $"{LexiconLoader.AllowFile} holds harmless words without a risk; name another file with --out.";
        if (!Out.EndsWith(".tsv", StringComparison.Ordinal)) return "--out must end in .tsv: a lexicon has no other files.";
        return System.IO.File.Exists(Out) && !Append && !Force ? $"{Out} is there already; add to it with --append, or replace it with --force." : null;
    }

    private List<LexiconTerm> Present()
    {
        var present = new List<LexiconTerm>();
        if (Lexicon is not null) present.AddRange(LexiconLoader.Load(Lexicon).Terms);
        if (!Append || Out is null || !System.IO.File.Exists(Out)) return present;
        var reading = LexiconLoader.Read([new LexiconFile(Path.GetFileName(Out), System.IO.File.ReadAllBytes(Out))]);

        // A file without a term yet is no fault here; a line that no gateway would take is.
        if (reading.Faults.Any(fault => fault.Line > 0)) throw new LexiconException(reading.Faults);
        return [.. present, .. reading.Lexicon.Terms];
    }

    /// <summary>Writes aside and renames, so that a gateway that watches the directory sees the old file or the new one.</summary>
    private void Save(string path, IReadOnlyList<string> lines)
    {
        var text = new StringBuilder();
        if (Append && System.IO.File.Exists(path))
        {
            text.Append(System.IO.File.ReadAllText(path, Encoding.UTF8));
            if (text.Length > 0 && text[^1] != '\n') text.Append('\n');
        }

        foreach (var line in lines) text.Append(line).Append('\n');
        var aside = path + ".part";
        System.IO.File.WriteAllText(aside, text.ToString(), new UTF8Encoding(false));
        System.IO.File.Move(aside, path, overwrite: true);
    }

    private void Report(TextWriter output, TextWriter error, int read, ImportResult result)
    {
        if (AsJson)
        {
            var json = new JsonObject
            {
                ["read"] = read,
                ["imported"] = result.Lines.Count,
                ["out"] = Out,
                ["duplicates"] = Places(result.Duplicates),
                ["refused"] = Places(result.Refused),
            };
            if (Out is null) json["lines"] = LexiconOutput.Words(result.Lines);
            LexiconOutput.Write(output, json);
            return;
        }

        if (Out is null)
        {
            foreach (var line in result.Lines) output.Write(line + "\n");
        }

        foreach (var place in result.Refused) error.WriteLine($"{place.File}:{place.Line}: refused: {place.Message}");
        foreach (var place in result.Duplicates) error.WriteLine($"{place.File}:{place.Line}: skipped: {place.Message}");
        error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{read} rows read, {result.Lines.Count} imported{(Out is null ? "" : " into " + Out)}, {result.Duplicates.Count} duplicates skipped, {result.Refused.Count} refused"));

        static JsonArray Places(IEnumerable<LexiconFault> places) =>
            LexiconOutput.Array(places.Select(place => new JsonObject { ["line"] = place.Line, ["message"] = place.Message }));
    }
}
