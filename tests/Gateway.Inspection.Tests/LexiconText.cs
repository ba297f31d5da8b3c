using System.Text;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests;

/// <summary>Lexicons written inline.</summary>
internal static class LexiconText
{
    /// <summary>Makes a lexicon of lines <c>term tier [options]</c> separated by |, and allow terms.</summary>
    public static Lexicon Of(string[] lines, params string[] allow)
    {
        var terms = string.Join('\n', lines.Select(line =>
        {
            var parts = line.Split('|');
            return $"{parts[0]}\tother-prohibited\t{(parts.Length > 1 ? parts[1] : "block")}{(parts.Length > 2 ? "\t" + parts[2] : "")}";
        }));
        return LexiconLoader.Parse([File("t.tsv", terms), File(LexiconLoader.AllowFile, string.Join('\n', allow))]);
    }

    public static LexiconFile File(string name, string content) => new(name, Encoding.UTF8.GetBytes(content));
}
