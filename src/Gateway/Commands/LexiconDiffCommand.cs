using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Inspection.Lexicons;
using Gateway.Proxy;

namespace Gateway.Commands;

/// <summary><c>gateway lexicon diff OLD NEW --against FILE.jsonl</c>: what a change of the lexicon changes, in terms and in texts.</summary>
internal sealed class LexiconDiffCommand(string oldDirectory, string newDirectory, string? against, bool asJson, bool showText)
{
    private const int Shown = 50;

    private static readonly string[] Kinds = ["blocked", "labelled", "released", "unlabelled"];

    public async Task<int> RunAsync(TextWriter output, TextWriter error)
    {
        if (LexiconOutput.Load(oldDirectory, error, out var exit) is not { } before) return exit;
        if (LexiconOutput.Load(newDirectory, error, out exit) is not { } after) return exit;
        var diff = new LexiconDiff(before, after);
        var texts = new List<(int Line, string Text, TextChange Change)>();
        var badLines = new List<int>();
        var read = 0;
        if (against is not null)
        {
            try
            {
                read = await CompareAsync(diff, against, texts, badLines);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                error.WriteLine($"gateway: {against}: cannot be read: {fault.Message}");
                return LexiconExit.Unreadable;
            }
        }

        if (asJson) LexiconOutput.Write(output, Json(before, after, diff, read, texts, badLines));
        else Write(output, before, after, diff, read, texts);
        if (badLines.Count == 0) return LexiconExit.Good;
        error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"gateway: {against}: {badLines.Count} lines are no JSON object with text (a string) and side (prompt or response): {string.Join(", ", badLines.Take(10))}{(badLines.Count > 10 ? ", …" : "")}"));
        return LexiconExit.Unreadable;
    }

    private static async Task<int> CompareAsync(LexiconDiff diff, string file, List<(int, string, TextChange)> texts, List<int> badLines)
    {
        await using Stream stream = File.OpenRead(file);
        await using var unpacked = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(unpacked, new UTF8Encoding(false));
        var (number, read) = (0, 0);
        while (await reader.ReadLineAsync() is { } line)
        {
            number++;
            if (line.Length == 0) continue;
            if (!CheckCommand.TryParse(line, out var text, out var side))
            {
                badLines.Add(number);
                continue;
            }

            read++;
            if (await diff.CompareAsync(text, side) is { } change) texts.Add((number, text, change));
        }

        return read;
    }

    private void Write(TextWriter output, Lexicon before, Lexicon after, LexiconDiff diff, int read, List<(int Line, string Text, TextChange Change)> texts)
    {
        output.WriteLine($"old: {LexiconOutput.Title(before)}");
        output.WriteLine($"new: {LexiconOutput.Title(after)}");
        foreach (var group in diff.Terms.GroupBy(term => term.Kind))
        {
            output.WriteLine();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"terms {group.Key}: {group.Count()}"));
            foreach (var term in group.Take(Shown)) output.WriteLine($"  {term.Rule}  {term.Term}  {string.Join(" -> ", new[] { term.Before, term.After }.OfType<string>())}");
            if (group.Count() > Shown) output.WriteLine("  … (all of them with --json)");
        }

        if (diff.Terms.Count == 0) output.WriteLine("no term differs");
        if (against is null) return;
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"texts read: {read}"));
        foreach (var kind in Kinds)
        {
            var group = texts.Where(text => text.Change.Kind == kind).ToArray();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"newly {kind}: {group.Length}"));
            foreach (var (line, text, change) in group.Take(Shown))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  line {line}: {Exchange.NameOf(change.Before)} -> {Exchange.NameOf(change.After)}  {string.Join(' ', change.Rules)}{(showText ? "  " + text.ReplaceLineEndings(" ") : "")}"));
            }

            if (group.Length > Shown) output.WriteLine("  … (all of them with --json)");
        }
    }

    private JsonObject Json(Lexicon before, Lexicon after, LexiconDiff diff, int read, List<(int Line, string Text, TextChange Change)> texts, List<int> badLines) => new()
    {
        ["old"] = LexiconOutput.Describe(before),
        ["new"] = LexiconOutput.Describe(after),
        ["terms"] = new JsonObject
        {
            ["added"] = diff.Terms.Count(term => term.Kind == "added"),
            ["removed"] = diff.Terms.Count(term => term.Kind == "removed"),
            ["changed"] = diff.Terms.Count(term => term.Kind == "changed"),
            ["changes"] = LexiconOutput.Array(diff.Terms.Select(term => new JsonObject
            {
                ["kind"] = term.Kind,
                ["term"] = term.Term,
                ["before"] = term.Before,
                ["after"] = term.After,
                ["rule"] = term.Rule,
            })),
        },
        ["texts"] = new JsonObject
        {
            ["read"] = read,
            ["bad"] = LexiconOutput.Array(badLines.Select(line => (JsonNode?)line)),
            ["blocked"] = texts.Count(text => text.Change.Kind == "blocked"),
            ["labelled"] = texts.Count(text => text.Change.Kind == "labelled"),
            ["released"] = texts.Count(text => text.Change.Kind == "released"),
            ["unlabelled"] = texts.Count(text => text.Change.Kind == "unlabelled"),
            ["changes"] = LexiconOutput.Array(texts.Select(Describe)),
        },
    };

    private JsonObject Describe((int Line, string Text, TextChange Change) item)
    {
        var json = new JsonObject
        {
            ["line"] = item.Line,
            ["kind"] = item.Change.Kind,
            ["before"] = Exchange.NameOf(item.Change.Before),
            ["after"] = Exchange.NameOf(item.Change.After),
            ["rules"] = LexiconOutput.Words(item.Change.Rules),
        };
        if (showText) json["text"] = item.Text;
        return json;
    }
}
