using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Lexicons;

public sealed class LexiconCheckTests
{
    [Fact]
    public async Task Run_OnWhatAGatewayRefuses_ReportsErrorsAndEverythingElseToo()
    {
        var report = await CheckAsync("alderwisp\tsubversoin\tblock\n\u200B\tsubversion\tblock\nbirchmoor\tsubversion\tblock\nBirch-Moor\tsubversion\tblock\n");

        Assert.Equal(2, report.Errors);
        Assert.Equal([("fault", 1), ("fault", 2), ("duplicate", 4)], report.Findings.Select(finding => (finding.Kind, finding.Place.Line)));
        Assert.True(report.Findings[0].IsError);
        Assert.False(report.Findings[2].IsError);
        Assert.Contains("t.tsv:3", report.Findings[2].Place.Message, StringComparison.Ordinal);
        Assert.Equal(1, report.Canonical);
    }

    [Theory]
    [InlineData("birchmoor", "BIRCHMOOR")]
    [InlineData("birchmoor", "ｂｉｒｃｈｍｏｏｒ")]
    [InlineData("birch moor", "birch-moor")]
    [InlineData("法律条文", "法·律·条·文")]
    [InlineData("法律条文", "法律條文")]
    public async Task Run_OnTwoSpellingsOfOneTerm_FindsTheDuplicateOnce(string first, string second)
    {
        var report = await CheckAsync($"{first}\tsubversion\tblock\n{second}\tdiscrim-age\tblock\n");

        Assert.Equal(2, Assert.Single(report.Findings, finding => finding.Kind == "duplicate").Place.Line);
        Assert.Equal(1, report.Canonical);
        Assert.Equal(1, Count(report, "subversion").Canonical);
        Assert.Equal(1, Count(report, "discrim-age").Canonical);
    }

    [Theory]
    [InlineData("ment\tother-prohibited\tblock", true)]
    [InlineData("ment\tother-prohibited\tblock\tword", false)]
    [InlineData("ment\tother-prohibited\treview", true)]
    [InlineData("ment\tother-prohibited\twatch", false)]
    [InlineData("water\tother-prohibited\tblock\tword", true)]
    [InlineData("water\tother-prohibited\treview\tword", false)]
    [InlineData("国家\tother-prohibited\tblock", true)]
    [InlineData("国家\tother-prohibited\treview", true)]
    [InlineData("颠覆国家政权\tsubversion\tblock", false)]
    public async Task Run_OnATermInsideACommonWord_SaysSoWhereItWouldHurt(string line, bool isFound)
    {
        var findings = (await CheckAsync(line + "\n")).Findings.Where(finding => finding.Kind == "common-word").ToArray();

        Assert.Equal(isFound ? 1 : 0, findings.Length);
    }

    [Fact]
    public async Task Run_OnACommonWordThatTheAllowListProtects_SaysNothing()
    {
        const string Term = "mber\tother-prohibited\tblock\n";
        var words = CommonWords.Read().Where(word => word.Contains("mber", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(words);
        Assert.Contains((await CheckAsync(Term)).Findings, finding => finding.Kind == "common-word");
        Assert.DoesNotContain((await CheckAsync(Term, string.Join('\n', words))).Findings, finding => finding.Kind == "common-word");
    }

    [Fact]
    public async Task Run_OnAllowTerms_FindsThoseThatSwallowATermAndThoseThatProtectNothing()
    {
        var report = await CheckAsync("大麻\tother-prohibited.drugs\tblock\nHeroin\tother-prohibited.drugs\treview\tword\nopium\tother-prohibited.drugs\twatch\tword\n", "大麻烦\nheroin\n晴天\nopium\n");

        var swallowed = Assert.Single(report.Findings, finding => finding.Kind == "swallowed");
        Assert.Equal(2, swallowed.Place.Line);
        Assert.Contains("晴天, opium.", Assert.Single(report.Findings, finding => finding.Kind == "idle-allow").Place.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CountsTowardsTheMinimaOfTheTaxonomy()
    {
        var report = await CheckAsync("a1\tother-prohibited\tblock\na2\tother-prohibited.drugs\tblock\nA2\tother-prohibited.fraud\twatch\na3\tx-secret-leak\treview\n");

        var other = Count(report, "other-prohibited");
        Assert.Equal((2, 200, 198), (other.Canonical, other.Minimum, other.Gap));
        Assert.Equal((1, 1, 0), (other.SubLabels["drugs"], other.SubLabels["fraud"], other.SubLabels["weapons"]));
        Assert.Equal((1, null, 0), (Count(report, "x-secret-leak").Canonical, Count(report, "x-secret-leak").Minimum, Count(report, "x-secret-leak").Gap));
        Assert.Equal(3, report.Canonical);
        Assert.Equal(9_997, report.Gap);
        Assert.Equal(Taxonomy.Default.Risks.Select(risk => risk.Id), report.Risks.Select(risk => risk.Risk));
        Assert.Equal(100, Count(report, "discrim-other").Gap);
    }

    [Fact]
    public void CommonWords_AreManyOfBothLanguages()
    {
        var words = CommonWords.Read().ToArray();

        Assert.Equal(words.Length, words.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(20_000, words.Count(word => LexiconStatistics.LanguageOf(word) == "zh"));
        Assert.Equal(20_000, words.Count(word => LexiconStatistics.LanguageOf(word) == "en"));
        Assert.All(["我们", "国家", "自然语言", "water", "government"], word => Assert.Contains(word, words));
    }

    [Fact]
    public void Statistics_CountWhatIsThere()
    {
        var statistics = LexiconStatistics.Of(LexiconLoader.Parse(
        [
            LexiconText.File("a.tsv", "abc\tsubversion\tblock\tword\nAB-C\tsubversion\treview\nabd\tdiscrim-age\twatch\n"),
            LexiconText.File("b.tsv", "大麻\tother-prohibited.drugs\tblock\tpinyin,near:买:8,near:卖:8,not-near:烦:2\n42\tsubversion\twatch\n"),
            LexiconText.File("allow.tsv", "大麻烦"),
        ]));

        Assert.Equal((5, 4, 1), (statistics.Terms, statistics.Canonical, statistics.AllowTerms));
        Assert.Equal(new Dictionary<string, int> { ["block"] = 2, ["review"] = 1, ["watch"] = 2 }, statistics.Tiers);
        Assert.Equal(new Dictionary<string, int> { ["en"] = 3, ["other"] = 1, ["zh"] = 1 }, statistics.Languages);
        Assert.Equal(new Dictionary<string, int> { ["a.tsv"] = 3, ["b.tsv"] = 2 }, statistics.Files);
        Assert.Equal(new Dictionary<string, int> { ["near"] = 1, ["not-near"] = 1, ["pinyin"] = 1, ["word"] = 1 }, statistics.Options);
        Assert.Equal(new Dictionary<int, int> { [2] = 2, [3] = 3 }, statistics.Lengths);
        Assert.Equal(3, statistics.Risks["subversion"]);

        // Root, a, ab, abc, abd, 大, 大麻, 4, 42.
        Assert.Equal(9, statistics.States);
        Assert.True(statistics.Bytes > 0);
        Assert.True(statistics.BuildTime > TimeSpan.Zero);
    }

    private static RiskCount Count(LexiconReport report, string risk) => report.Risks.Single(count => count.Risk == risk);

    private static Task<LexiconReport> CheckAsync(string terms, string allow = "") =>
        LexiconCheck.RunAsync(LexiconLoader.Read([LexiconText.File("t.tsv", terms), LexiconText.File("allow.tsv", allow)]));
}
