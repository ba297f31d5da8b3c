using System.Text;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests.Lexicons;

public sealed class LexiconLoaderTests
{
    [Fact]
    public void Parse_GoodFiles_ReadsTermsInOrder()
    {
        var lexicon = LexiconLoader.Parse(
        [
            LexiconText.File("b.tsv", "\uFEFF# comment\r\n\r\n crystal meth \tother-prohibited.drugs\treview\tword\r\n"),
            LexiconText.File("a.tsv", "大麻\tother-prohibited.drugs\tblock\n冰毒\tother-prohibited.drugs\twatch\t\n"),
            LexiconText.File("allow.tsv", "大麻烦\n# more\n大麻哈鱼"),
        ]);

        Assert.Equal(["大麻", "冰毒", "crystal meth"], lexicon.Terms.Select(term => term.Text));
        Assert.Equal(["a.tsv:1", "a.tsv:2", "b.tsv:3"], lexicon.Terms.Select(term => term.Rule));
        Assert.Equal([Tier.Block, Tier.Watch, Tier.Review], lexicon.Terms.Select(term => term.Tier));
        Assert.Equal(TermOptions.Word, lexicon.Terms[2].Options);
        Assert.Equal(["大麻烦", "大麻哈鱼"], lexicon.AllowTerms);
        Assert.Equal(3, lexicon.CountsByRisk["other-prohibited.drugs"]);
        Assert.Equal(1, lexicon.CountsByTier[Tier.Review]);
        Assert.Empty(lexicon.Warnings);
        Assert.Matches("^[0-9a-f]{16}$", lexicon.Version);
    }

    [Theory]
    [InlineData("大麻", "has 1 column;")]
    [InlineData("大麻\tother-prohibited.drugs", "has 2 columns;")]
    [InlineData("大麻 other-prohibited.drugs block", "has 1 column;")]
    [InlineData("a\tsubversion\tblock\tword\tmore", "has 5 columns;")]
    [InlineData("大麻\tother-prohibited.drug\tblock", "unknown risk 'other-prohibited.drug'; did you mean 'other-prohibited.drugs'?")]
    [InlineData("大麻\tzzz\tblock", "unknown risk 'zzz'; use an id of the taxonomy")]
    [InlineData("大麻\tsubversion\tblok", "unknown tier 'blok'; did you mean 'block'?")]
    [InlineData("大麻\tsubversion\t9", "unknown tier '9'; use block, review or watch.")]
    [InlineData("大麻\tsubversion\tblock\twrod", "unknown option 'wrod'; supported: word, near:TERM:N")]
    [InlineData("大麻\tsubversion\tblock\twords", "unknown option 'words'; did you mean 'word'?")]
    [InlineData("大麻\tsubversion\tblock\tword,near:x:65", "option 'near:x:65' must read near:TERM:N with N from 1 to 64")]
    [InlineData("\tsubversion\tblock", "the term is empty after folding")]
    [InlineData("\u200B\u200D\tsubversion\tblock", "the term is empty after folding")]
    [InlineData("-.-\tsubversion\tblock", "the term is empty after folding")]
    public void Case_72_Parse_BadLine_IsNamedWithRemedy(string line, string expected)
    {
        var fault = Assert.Single(FaultsOf(LexiconText.File("t.tsv", "# first\n" + line)));
        Assert.Equal("t.tsv", fault.File);
        Assert.Equal(2, fault.Line);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TermLength_IsLimitedAfterFolding()
    {
        var longest = new string('a', LexiconLoader.MaxTermLength);
        Assert.Single(LexiconLoader.Parse([LexiconText.File("t.tsv", longest + "\tsubversion\tblock")]).Terms);
        Assert.Contains("257 characters", Assert.Single(FaultsOf(LexiconText.File("t.tsv", longest + "a\tsubversion\tblock"))).Message, StringComparison.Ordinal);
        Assert.Contains("258 characters", Assert.Single(FaultsOf(LexiconText.File("t.tsv", new string('㎏', 129) + "\tsubversion\tblock"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_SeveralFaults_ReportsAllInOrder()
    {
        var faults = FaultsOf(
            LexiconText.File("b.tsv", "x\tsubversion\tblok\ny\tsubverson\tblack\tnope"),
            new LexiconFile("a.tsv", (byte[])[.. "ok\tsubversion\tblock\n"u8, 0xFF, 0xFE, (byte)'\n']),
            LexiconText.File("allow.tsv", "fine\nnot\tfine\n,,,"));

        Assert.Equal(
            ["a.tsv:2", "allow.tsv:2", "allow.tsv:3", "b.tsv:1", "b.tsv:2", "b.tsv:2", "b.tsv:2"],
            faults.Select(fault => $"{fault.File}:{fault.Line}"));
        Assert.Contains("UTF-8", faults[0].Message, StringComparison.Ordinal);
        Assert.Contains("has 2 columns", faults[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Message_Faults_AreListedAndCounted()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 25).Select(i => $"w{i}\tsubversion\tblok"));
        var exception = Assert.Throws<LexiconException>(() => LexiconLoader.Parse([LexiconText.File("t.tsv", lines)]));
        Assert.Equal(25, exception.Faults.Count);
        Assert.StartsWith("The lexicon has 25 faults and was refused:\n  t.tsv:1: unknown tier 'blok'", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("and 5 more.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NoTerms_IsRefused()
    {
        Assert.Contains("holds no terms", Assert.Single(FaultsOf(LexiconText.File("t.tsv", "# nothing\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no terms", Assert.Single(FaultsOf()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_DuplicateAfterFolding_WarnsAndKeepsBoth()
    {
        var lexicon = LexiconLoader.Parse(
            [LexiconText.File("t.tsv", "Heroin\tother-prohibited.drugs\twatch\nｈｅｒｏｉｎ\tother-prohibited.drugs\tblock\nx\tsubversion\tblock\nX\tsubversion\tblock")]);
        Assert.Equal(4, lexicon.Terms.Count);
        Assert.Equal(
            ["t.tsv:2: the same term after folding as t.tsv:1; both are reported and the stricter decides.",
             "t.tsv:4: the same term after folding as t.tsv:3; remove one."],
            lexicon.Warnings.Select(warning => warning.ToString()));
    }

    [Fact]
    public void Version_AnyChange_ChangesIt()
    {
        const string line = "x\tsubversion\tblock";
        string[] versions =
        [
            LexiconLoader.Parse([LexiconText.File("t.tsv", line)]).Version,
            LexiconLoader.Parse([LexiconText.File("u.tsv", line)]).Version,
            LexiconLoader.Parse([LexiconText.File("t.tsv", line + "\n")]).Version,
            LexiconLoader.Parse([LexiconText.File("t.tsv", line), LexiconText.File("allow.tsv", "")]).Version,
        ];
        Assert.Equal(versions.Length, versions.Distinct().Count());
        Assert.Equal(versions[3], LexiconLoader.Parse([LexiconText.File("allow.tsv", ""), LexiconText.File("t.tsv", line)]).Version);
    }

    [Fact]
    public void Load_Directory_ReadsItsTsvFilesOnly()
    {
        var directory = Directory.CreateTempSubdirectory("lexicon-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "a.tsv"), "大麻\tother-prohibited.drugs\tblock\n", new UTF8Encoding(true));
            File.WriteAllText(Path.Combine(directory.FullName, "README.md"), "not a lexicon");
            Assert.Single(LexiconLoader.Load(directory.FullName).Terms);

            File.WriteAllText(Path.Combine(directory.FullName, "b.tsv"), "one column");
            Assert.Equal("b.tsv:1", Assert.Throws<LexiconException>(() => LexiconLoader.Load(directory.FullName)).Faults.Select(f => $"{f.File}:{f.Line}").Single());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Load_MissingDirectory_IsNamed()
    {
        var fault = Assert.Single(Assert.Throws<LexiconException>(() => LexiconLoader.Load("/no/such/place")).Faults);
        Assert.Equal("/no/such/place: there is no such directory; create it with at least one .tsv file, or name another.", fault.ToString());
    }

    private static IReadOnlyList<LexiconFault> FaultsOf(params LexiconFile[] files) =>
        Assert.Throws<LexiconException>(() => LexiconLoader.Parse(files)).Faults;
}
