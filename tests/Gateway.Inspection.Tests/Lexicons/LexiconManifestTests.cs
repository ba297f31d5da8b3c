using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests.Lexicons;

public sealed class LexiconManifestTests
{
    private const string Terms = "alderwisp\tsubversion\tblock\n";

    [Fact]
    public void Parse_WithAManifest_KnowsWhatItSays()
    {
        var lexicon = Parse("""
            {
              // written by hand
              "name": "house list", "version": "2026.11.2", "issued": "2026-11-01", "Updated": "2026-11-24T08:30:00+08:00",
              "description": "Terms of the house.", "source": "the house", "licence": "Apache-2.0",
            }
            """);

        Assert.Equal("house list", lexicon.Manifest!.Name);
        Assert.Equal("2026.11.2", lexicon.Manifest.Label);
        Assert.Equal("Terms of the house.", lexicon.Manifest.Description);
        Assert.Equal("the house", lexicon.Manifest.Source);
        Assert.Equal("Apache-2.0", lexicon.Manifest.Licence);
        Assert.Equal(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), lexicon.Manifest.Issued);
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 0, 30, 0, TimeSpan.Zero), lexicon.Dated);
        Assert.Empty(lexicon.Warnings);
        Assert.Single(lexicon.Terms);
    }

    [Fact]
    public void Parse_WithoutUpdated_CountsFromIssued() =>
        Assert.Equal(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), Parse("""{"issued":"2026-11-01"}""").Dated);

    [Fact]
    public void Version_CoversTheManifestAndIsTheOldOneWithout()
    {
        var plain = LexiconLoader.Parse([LexiconText.File("t.tsv", Terms)]);
        string[] versions = [plain.Version, Parse("{}").Version, Parse("""{"version":"1"}""").Version, Parse("""{"version":"2"}""").Version];

        Assert.Equal(4, versions.Distinct(StringComparer.Ordinal).Count());
        Assert.Null(plain.Manifest);
        Assert.Null(plain.Dated);
    }

    [Theory]
    [InlineData("{\n \"name\": \"a\",\n \"updatd\": \"2026-11-24\"\n}", 3, "unknown key 'updatd'; did you mean 'updated'?")]
    [InlineData("{\n \"updated\": \"24.11.2026\"}", 2, "updated is '24.11.2026', which is no date; write 2026-11-24")]
    [InlineData("{\"updated\": \"2026-13-01\"}", 1, "which is no date")]
    [InlineData("{\"updated\": 20261124}", 1, "updated must be a text in quotes.")]
    [InlineData("{\n\"name\": \"\"}", 2, "name is empty")]
    [InlineData("{\"name\": \"a\",\n \"name\": \"b\"}", 2, "has the key 'name' twice")]
    [InlineData("{\"name\": {\"zh\": \"a\"}}", 1, "name must be a text in quotes.")]
    [InlineData("[]", 1, "a manifest is a JSON object")]
    [InlineData("{\n\"name\" \"a\"}", 2, "is not valid JSON")]
    [InlineData("{\"name\": \"a\"} x", 1, "is not valid JSON")]
    [InlineData("", 1, "is not valid JSON")]
    public void Parse_BadManifest_IsNamedWithLineAndRemedy(string manifest, int line, string expected)
    {
        var fault = Assert.Single(Assert.Throws<LexiconException>(() => Parse(manifest)).Faults);

        Assert.Equal("manifest.json", fault.File);
        Assert.Equal(line, fault.Line);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BytesThatAreNoText_IsAFault()
    {
        byte[] broken = [.. "{\"name\": \""u8, 0xFF, .. "\"}"u8];

        Assert.Contains("not valid JSON", Assert.Throws<LexiconException>(
            () => LexiconLoader.Parse([LexiconText.File("t.tsv", Terms), new LexiconFile("manifest.json", broken)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AKeyOfSomebodysOwn_IsOnlyAWarning() =>
        Assert.Contains("'ticket' means nothing here", Assert.Single(Parse("""{"ticket":{"id":7}}""").Warnings).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_WithoutADate_CountsFromTheNewestFileAndFollowsLinks()
    {
        var directory = Directory.CreateTempSubdirectory("lexicon-test-");
        try
        {
            var old = Path.Combine(directory.FullName, "old.tsv");
            var target = Path.Combine(directory.FullName, "target.txt");
            File.WriteAllText(old, Terms);
            File.WriteAllText(target, "birchmoor\tsubversion\tblock\n");
            File.SetLastWriteTimeUtc(old, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            File.SetLastWriteTimeUtc(target, new DateTime(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc));
            File.CreateSymbolicLink(Path.Combine(directory.FullName, "new.tsv"), target);

            Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), LexiconLoader.Load(directory.FullName).Dated);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Read_WithFaults_GivesTheSoundLinesAndEveryFault()
    {
        var reading = LexiconLoader.Read([LexiconText.File("t.tsv", "a\tb\tc\n" + Terms + "one column\n")]);

        Assert.True(reading.IsWhole);
        Assert.Equal([1, 1, 3], reading.Faults.Select(fault => fault.Line));
        Assert.Equal("t.tsv:2", Assert.Single(reading.Lexicon.Terms).Rule);
        Assert.False(LexiconLoader.Read("/no/such/place").IsWhole);
    }

    private static Lexicon Parse(string manifest) =>
        LexiconLoader.Parse([LexiconText.File("t.tsv", Terms), LexiconText.File("manifest.json", manifest)]);
}
