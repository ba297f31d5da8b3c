using System.Globalization;
using System.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>Comma-separated values as RFC 4180 has them: quotes around a field, doubled inside, line breaks within them.</summary>
internal static class CsvRecords
{
    /// <exception cref="ImportException">A quote is not closed.</exception>
    public static List<(int Line, string[] Fields)> Read(string text, char delimiter)
    {
        var records = new List<(int, string[])>();
        var fields = new List<string>();
        var field = new StringBuilder();
        var (line, started, isQuoted) = (1, 1, false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n') line++;
            if (isQuoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
                else isQuoted = false;
            }
            else if (c == '"' && field.Length == 0)
            {
                isQuoted = true;
            }
            else if (c == delimiter)
            {
                End();
            }
            else if (c == '\n')
            {
                EndRecord();
            }
            else if (c != '\r' || i + 1 == text.Length || text[i + 1] != '\n')
            {
                field.Append(c);
            }
        }

        if (isQuoted) throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"line {started} opens a quote that is never closed."));
        if (field.Length > 0 || fields.Count > 0) EndRecord();
        return records;

        void End()
        {
            fields.Add(field.ToString());
            field.Clear();
        }

        void EndRecord()
        {
            End();
            records.Add((started, [.. fields]));
            fields.Clear();
            started = line;
        }
    }
}
