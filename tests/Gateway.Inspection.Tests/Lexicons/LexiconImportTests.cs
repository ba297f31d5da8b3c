using System.Text;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests.Lexicons;

public sealed class LexiconImportTests
{
    [Fact]
    public void Lines_OfEveryKind_AreReadWithTheirNumbers() => Assert.Equal(
        [new(1, "one"), new(4, "two words"), new(6, "三")],
        Read("\uFEFFone\r\n\n# a comment\n two words \n\t\n三", ImportFormat.Lines));

    [Theory]
    [InlineData("word\nalder\nbirch\n", null, "2:alder 3:birch")]
    [InlineData("id,敏感词\n1,alder\n2,birch", null, "2:alder 3:birch")]
    [InlineData("alder,1\nbirch,2\n", null, "1:alder 2:birch")]
    [InlineData("1,alder\r\n2,birch\r\n", "2", "1:alder 2:birch")]
    [InlineData("id,Term\n1,alder\n", "2", "2:alder")]
    [InlineData("id,what\n1,alder\n\n2\n", "WHAT", "2:alder 4:-")]
    [InlineData("word\n\"one, \"\"two\"\"\"\n\"line\nbreak\"\nlast\n", null, "2:one, \"two\" 3:line\nbreak 5:last")]
    public void Csv_OfManyShapes_GivesTheColumn(string text, string? column, string expected) =>
        Assert.Equal(expected, Show(Read(text, ImportFormat.Csv, column)));

    [Fact]
    public void Csv_WithAnotherDelimiter_IsCutThere() => Assert.Equal("2:a,b", Show(Read("id;word\n1;a,b\n", ImportFormat.Csv, null, ';')));

    [Theory]
    [InlineData("""["alder", "birch"]""", null, "1:alder 1:birch")]
    [InlineData("[\n {\"word\": \"alder\", \"more\": {\"word\": \"no\"}},\n {\"more\": [\"no\"], \"word\": \"birch\"}\n]", null, "2:alder 3:birch")]
    [InlineData("[\n {\"key\": \"alder\", \"word\": \"no\"}\n]", "Key", "2:alder")]
    [InlineData("[7,\n{\"other\": \"x\"},\n[\"x\"],\n{\"word\": 5}, null]", null, "1:- 2:- 3:- 4:- 4:-")]
    public void Json_OfStringsAndObjects_IsRead(string text, string? column, string expected) =>
        Assert.Equal(expected, Show(Read(text, ImportFormat.Json, column)));

    [Theory]
    [InlineData("{}", ImportFormat.Json, null, "line 1 must be an array")]
    [InlineData("[\"a\",\n\"b\"", ImportFormat.Json, null, "line 2 is not valid JSON")]
    [InlineData("[] x", ImportFormat.Json, null, "is not valid JSON")]
    [InlineData("a,b\n1,2\n", ImportFormat.Csv, "c", "has no column 'c'; it has: a, b.")]
    [InlineData("a,b\n1,2\n", ImportFormat.Csv, "0", "numbered from 1")]
    [InlineData("a\n\n\"b\nc", ImportFormat.Csv, null, "line 3 opens a quote that is never closed")]
    public void Read_WhatIsNotAsSaid_NamesTheLine(string text, ImportFormat format, string? column, string expected) =>
        Assert.Contains(expected, Assert.Throws<ImportException>(() => Read(text, format, column)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_BytesThatAreNoText_NamesTheLine() => Assert.StartsWith(
        "line 3 is not valid UTF-8", Assert.Throws<ImportException>(() => WordList.Read((byte[])[.. "a\nb\n"u8, 0xC0, 0x80], ImportFormat.Lines)).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_TakesGoodRowsAndNamesTheOthersByLine()
    {
        var present = LexiconLoader.Parse([LexiconText.File("old.tsv", "# c\nBirch-Moor\tdiscrim-age\twatch\n")]).Terms;
        ImportRow[] rows =
        [
            new(1, "alder wisp"), new(2, "ALDERWISP"), new(3, "birchmoor"), new(4, "…!"), new(5, "tab\there"), new(6, "#tag"), new(7, ""), new(8, null),
            new(9, new string('x', 300)), new(10, "杉木"),
        ];

        var result = LexiconImport.Run("list.txt", rows, "other-prohibited.drugs", "review", "word", present);

        Assert.Equal(["alder wisp\tother-prohibited.drugs\treview\tword", "杉木\tother-prohibited.drugs\treview\tword"], result.Lines);
        Assert.Equal([(2, "list.txt:1"), (3, "old.tsv:2")], result.Duplicates.Select(place => (place.Line, place.Message.Split(' ')[^1].TrimEnd('.'))));
        Assert.Equal([4, 5, 6, 7, 8, 9], result.Refused.Select(place => place.Line));
        Assert.Equal(2, LexiconLoader.Parse([LexiconText.File("new.tsv", string.Join('\n', result.Lines))]).Terms.Count);
    }

    [Theory]
    [InlineData("subversion", "block", "", null)]
    [InlineData("subversion", "block", "word", null)]
    [InlineData("subversoin", "block", "", "did you mean 'subversion'?")]
    [InlineData("subversion", "blok", "", "did you mean 'block'?")]
    [InlineData("subversion", "block", "wrod", "unknown option 'wrod'")]
    [InlineData("subversion", "block\tword", "", "hold no tab")]
    public void FaultIn_RiskTierOrOptions_IsNamed(string risk, string tier, string options, string? expected)
    {
        if (expected is null) Assert.Null(LexiconImport.FaultIn(risk, tier, options));
        else Assert.Contains(expected, LexiconImport.FaultIn(risk, tier, options), StringComparison.Ordinal);
    }

    private static IReadOnlyList<ImportRow> Read(string text, ImportFormat format, string? column = null, char delimiter = ',') =>
        WordList.Read(Encoding.UTF8.GetBytes(text), format, column, delimiter);

    private static string Show(IEnumerable<ImportRow> rows) => string.Join(' ', rows.Select(row => $"{row.Line}:{row.Text ?? "-"}"));
}
