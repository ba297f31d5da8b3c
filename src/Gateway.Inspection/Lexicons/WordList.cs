using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Inspection.Lexicons;

/// <summary>Reads the rows of word lists: lines, CSV or JSON.</summary>
public static class WordList
{
    private static readonly string[] TermNames = ["term", "word", "keyword", "text", "name", "关键词", "敏感词", "词语", "词"];

    /// <summary>Reads a list.</summary>
    /// <param name="content">Its bytes, UTF-8.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="column">
    /// The column (name, or number from 1) or the member that holds the word; <see langword="null"/> takes one called
    /// term, word, keyword, text, name or their Chinese names, else the first column.
    /// </param>
    /// <param name="delimiter">What separates columns.</param>
    /// <exception cref="ImportException">It is not written like that, or has no such column.</exception>
    public static IReadOnlyList<ImportRow> Read(ReadOnlyMemory<byte> content, ImportFormat format, string? column = null, char delimiter = ',')
    {
        var bytes = content.Span;
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        if (format == ImportFormat.Json) return FromJson(bytes, column);
        var text = Decode(bytes);
        return format == ImportFormat.Csv ? FromCsv(text, column, delimiter) : FromLines(text);
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            var line = bytes[..Math.Clamp(fault.Index, 0, bytes.Length)].Count((byte)'\n') + 1;
            throw new ImportException(Line(line, "is not valid UTF-8; save the file as UTF-8."));
        }
    }

    private static List<ImportRow> FromLines(string text)
    {
        var rows = new List<ImportRow>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var word = line.Trim();
            if (!word.IsEmpty && word[0] != '#') rows.Add(new ImportRow(number, word.ToString()));
        }

        return rows;
    }

    private static List<ImportRow> FromCsv(string text, string? column, char delimiter)
    {
        var records = CsvRecords.Read(text, delimiter);
        if (records.Count == 0) return [];
        var header = records[0].Fields;
        int index;
        var hasHeader = true;
        if (column is null)
        {
            index = Array.FindIndex(header, IsTermName);
            hasHeader = index >= 0;
            index = Math.Max(0, index);
        }
        else if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            if (number < 1) throw new ImportException("Columns are numbered from 1.");
            index = number - 1;
            hasHeader = index < header.Length && IsTermName(header[index]);
        }
        else
        {
            index = Array.FindIndex(header, name => name.Trim().Equals(column, StringComparison.OrdinalIgnoreCase));
            if (index < 0) throw new ImportException(Line(1, $"has no column '{column}'; it has: {string.Join(", ", header)}."));
        }

        return [.. records.Skip(hasHeader ? 1 : 0)
            .Where(record => record.Fields is not [""])
            .Select(record => new ImportRow(record.Line, index < record.Fields.Length ? record.Fields[index].Trim() : null))];
    }

    private static List<ImportRow> FromJson(ReadOnlySpan<byte> bytes, string? column)
    {
        var rows = new List<ImportRow>();
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray) throw new ImportException(Line(1, "must be an array of strings or of objects."));
            var (counted, line) = (0, 1);
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                line += bytes[counted..(int)json.TokenStartIndex].Count((byte)'\n');
                counted = (int)json.TokenStartIndex;
                if (json.TokenType == JsonTokenType.String) rows.Add(new ImportRow(line, json.GetString()!.Trim()));
                else if (json.TokenType == JsonTokenType.StartObject) rows.Add(new ImportRow(line, Member(ref json, column)));
                else
                {
                    rows.Add(new ImportRow(line, null));
                    json.Skip();
                }
            }

            while (json.Read())
            {
                // What stands after the array is a fault of its own.
            }
        }
        catch (JsonException fault)
        {
            throw new ImportException(Line((int)(fault.LineNumber ?? 0) + 1, "is not valid JSON."));
        }
        catch (InvalidOperationException)
        {
            throw new ImportException("A string in the file is no valid text; save it as UTF-8.");
        }

        return rows;
    }

    /// <summary>The string that a member of an object holds; the reader stands at its end afterwards.</summary>
    private static string? Member(ref Utf8JsonReader json, string? column)
    {
        string? found = null;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var name = json.GetString()!;
            var isWanted = column is null ? IsTermName(name) : name.Equals(column, StringComparison.OrdinalIgnoreCase);
            json.Read();
            if (isWanted && found is null && json.TokenType == JsonTokenType.String) found = json.GetString()!.Trim();
            else json.Skip();
        }

        return found;
    }

    private static bool IsTermName(string name) => TermNames.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase);

    private static string Line(int line, string what) => string.Create(CultureInfo.InvariantCulture, $"line {line} {what}");
}
