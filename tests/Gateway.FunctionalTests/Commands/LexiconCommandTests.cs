using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Commands;

/// <summary><c>gateway lexicon check|import|diff|stats</c>, as an operator or a pipeline calls them.</summary>
[Collection(OneAtATime.Name)]
public sealed class LexiconCommandTests
{
    private const string Good = "alderwisp\tsubversion\tblock\n大麻\tother-prohibited.drugs\treview\n";

    private static string Starter => Path.Combine(Repository.Root, "deploy", "lexicons", "starter");

    [Fact]
    public async Task Check_OfTheStarterLexicon_MeetsEveryMinimumPerRiskWithoutAFault()
    {
        await using var check = await RunAsync("check", Starter, "--json");

        Assert.True(check.ExitCode == 0, check.Output + check.Errors);
        var report = Json(check);
        Assert.Equal(0, (int)report["errors"]!);
        Assert.Equal("starter", (string?)report["name"]);
        Assert.Equal(10_000, (int)report["target"]!);
        Assert.Equal(10_000 - (int)report["canonical"]!, (int)report["gap"]!);
        Assert.All(report["risks"]!.AsArray().Where(risk => risk!["minimum"] is not null), risk => Assert.Equal(0, (int)risk!["gap"]!));
        string[] subLabels = ["drugs", "weapons", "gambling", "fraud", "hacking", "self-harm", "abuse", "dangerous-advice", "violence", "sexual"];
        var counted = report["risks"]!.AsArray().SelectMany(risk => risk!["subLabels"]!.AsObject()).ToDictionary(pair => pair.Key, pair => (int)pair.Value!);
        Assert.All(subLabels, label => Assert.True(counted[label] >= 50, $"{label}: {counted[label]}"));

        // What a lexicon that we ship must not have: a term twice, a term that cannot hit, an allow word that protects nothing.
        Assert.DoesNotContain(report["findings"]!.AsArray(), finding => (string)finding!["kind"]! is "duplicate" or "swallowed" or "idle-allow");
    }

    [Fact]
    public async Task Check_OfALexiconWithFaults_NamesEachWithItsLineAndExits1()
    {
        using var files = new TempDirectory();
        files.Write("x/t.tsv", $"# first\n{Good}ALDER-wisp\tsubversion\tblock\nalder\tsubversoin\tblock\n\u200B\tsubversion\tblock\nheroin\tother-prohibited.drugs\tblock\tword\nment\tsubversion\treview\n");
        files.Write("x/allow.tsv", "Heroin\n");

        await using var text = await RunAsync("check", files["x"]);
        await using var json = await RunAsync("check", files["x"], "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.Contains("t.tsv:5: error: unknown risk 'subversoin'; did you mean 'subversion'?", text.Output, StringComparison.Ordinal);
        Assert.Contains("t.tsv:6: error: the term is empty after folding", text.Output, StringComparison.Ordinal);
        Assert.Contains("t.tsv:4: warning: the same term", text.Output, StringComparison.Ordinal);
        Assert.Contains("t.tsv:7: warning: allow.tsv holds the same word", text.Output, StringComparison.Ordinal);
        Assert.Contains("t.tsv:8: warning: is found in common words", text.Output, StringComparison.Ordinal);
        Assert.Contains("9996 missing", text.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["common-word", "duplicate", "fault", "fault", "swallowed"],
            Json(json)["findings"]!.AsArray().Select(finding => (string)finding!["kind"]!).Order(StringComparer.Ordinal));
        Assert.Equal(2, (int)Json(json)["errors"]!);
    }

    [Fact]
    public async Task Check_OfWarningsAlone_Exits0()
    {
        using var files = new TempDirectory();
        files.Write("x/t.tsv", Good + "ALDER-wisp\tsubversion\tblock\n");

        await using var check = await RunAsync("check", files["x"]);

        Assert.True(check.ExitCode == 0, check.Errors);
        Assert.Contains("0 errors, 1 warnings", check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("stats")]
    public async Task Command_OnADirectoryThatIsNotThere_Exits2(string verb)
    {
        using var files = new TempDirectory();

        await using var command = await RunAsync(verb, files["nowhere"]);

        Assert.Equal(2, command.ExitCode);
        Assert.Contains(files["nowhere"], command.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_OfALexicon_CountIt()
    {
        using var files = new TempDirectory();
        files.Write("x/t.tsv", Good);
        files.Write("x/allow.tsv", "大麻烦\n");
        files.Write("x/manifest.json", """{"name":"house","version":"7","updated":"2026-11-24"}""");

        await using var json = await RunAsync("stats", files["x"], "--json");
        await using var text = await RunAsync("stats", files["x"]);

        Assert.True(json.ExitCode == 0 && text.ExitCode == 0, json.Errors + text.Errors);
        var stats = Json(json);
        Assert.Equal(("house", "7", "2026-11-24T00:00:00Z"), ((string?)stats["name"], (string?)stats["label"], (string?)stats["dated"]));
        Assert.Matches("^[0-9a-f]{16}$", (string?)stats["version"]);
        Assert.Equal((2, 2, 1), ((int)stats["terms"]!, (int)stats["canonical"]!, (int)stats["allow"]!));
        Assert.Equal(1, (int)stats["tiers"]!["block"]!);
        Assert.Equal(1, (int)stats["languages"]!["zh"]!);
        Assert.Equal(1, (int)stats["lengths"]!["9"]!);
        Assert.Equal(12, (int)stats["states"]!);
        Assert.True((double)stats["buildMs"]! > 0 && (long)stats["bytes"]! > 0);
        Assert.Contains("house 7, version ", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAWordList_WritesWhatIsGoodAndNeverOverwrites()
    {
        using var files = new TempDirectory();
        var list = files.Write("list.txt", "\uFEFFalder\r\nALDER\r\n…\r\n杉木\r\n");
        var target = files["x/new.tsv"];
        files.Folder("x");

        await using var first = await ImportAsync(list, "--out", target);
        await using var again = await ImportAsync(list, "--out", target);
        await using var appended = await ImportAsync(files.Write("more.csv", "id,word\n1,alder\n2,\"birch, tree\"\n"), "--out", target, "--append", "--options", "word");
        var both = await File.ReadAllTextAsync(target);
        await using var forced = await ImportAsync(files.Write("other.json", """["cedar", {"word": "fir"}, 7]"""), "--out", target, "--force");

        Assert.Equal((1, 2, 0, 1), (first.ExitCode, again.ExitCode, appended.ExitCode, forced.ExitCode));
        Assert.Contains("list.txt:3: refused: ", first.Errors, StringComparison.Ordinal);
        Assert.Contains("list.txt:2: skipped: ", first.Errors, StringComparison.Ordinal);
        Assert.Contains("--append", again.Errors, StringComparison.Ordinal);
        Assert.Equal("alder\tsubversion\treview\n杉木\tsubversion\treview\nbirch, tree\tsubversion\treview\tword\n", both);
        Assert.Contains("1 duplicates skipped", appended.Errors, StringComparison.Ordinal);
        Assert.Equal("cedar\tsubversion\treview\nfir\tsubversion\treview\n", await File.ReadAllTextAsync(target));
        Assert.Equal(["new.tsv"], new DirectoryInfo(files["x"]).EnumerateFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task Import_WithoutAFile_PrintsTheLines()
    {
        using var files = new TempDirectory();

        await using var text = await ImportAsync(files.Write("list.txt", "alder\nbirch\n"));
        await using var json = await ImportAsync(files.Write("list.txt", "alder\n\n#c\n\tfir\tx\n"), "--json");

        Assert.True(text.ExitCode == 0, text.Errors);
        Assert.Equal(["alder\tsubversion\treview", "birch\tsubversion\treview"], text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')));
        Assert.Equal(1, json.ExitCode);
        var report = Json(json);
        Assert.Equal((2, 1), ((int)report["read"]!, (int)report["imported"]!));
        Assert.Equal(4, (int)Assert.Single(report["refused"]!.AsArray())!["line"]!);
        Assert.Equal("alder\tsubversion\treview", (string?)Assert.Single(report["lines"]!.AsArray()));
    }

    [Theory]
    [InlineData("did you mean 'subversion'?", "--risk", "subversoin", "--tier", "block")]
    [InlineData("did you mean 'review'?", "--risk", "subversion", "--tier", "reviw")]
    [InlineData("--format", "--risk", "subversion", "--tier", "block", "--format", "xml")]
    [InlineData(".tsv", "--risk", "subversion", "--tier", "block", "--out", "words.txt")]
    [InlineData("allow.tsv", "--risk", "subversion", "--tier", "block", "--out", "allow.tsv")]
    [InlineData("has no column 'zzz'", "--risk", "subversion", "--tier", "block", "--format", "csv", "--column", "zzz")]
    public async Task Import_CalledWrongly_SaysHowAndExits2(string said, params string[] arguments)
    {
        using var files = new TempDirectory();
        var list = files.Write("list.txt", "alder\n");

        await using var import = await ChildProcess.RunAsync(Repository.GatewayBinary, ["lexicon", "import", list, .. arguments], folder: files.Path);

        Assert.Equal(2, import.ExitCode);
        Assert.Contains(said, import.Errors, StringComparison.Ordinal);
        Assert.Equal(["list.txt"], new DirectoryInfo(files.Path).EnumerateFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task Diff_AgainstTexts_ShowsTheBlastRadiusByLineAndRuleWithoutTheTexts()
    {
        using var files = new TempDirectory();
        files.Write("old/t.tsv", Good + "birchmoor\tsubversion\tblock\n");
        files.Write("new/t.tsv", "大麻\tother-prohibited.drugs\tblock\n" + Good.Split('\n')[0] + "\ncedarfell\tdiscrim-age\treview\n");
        var texts = files.Write("texts.jsonl", string.Join('\n',
            """{"text":"a quiet 大麻 question","side":"prompt"}""",
            """{"text":"alderwisp as before","side":"response"}""",
            """{"text":"the road to birchmoor"}""",
            "",
            """{"text":"cedarfell in spring","side":"response"}""",
            """{"text":"nothing at all","side":"prompt"}"""));

        await using var text = await RunAsync("diff", files["old"], files["new"], "--against", texts);
        await using var json = await RunAsync("diff", files["old"], files["new"], "--against", texts, "--json", "--show-text");

        Assert.True(text.ExitCode == 0 && json.ExitCode == 0, text.Errors + json.Errors);
        Assert.Contains("line 1: label -> block  t.tsv:1", text.Output, StringComparison.Ordinal);
        Assert.Contains("line 3: block -> allow  t.tsv:3", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("quiet", text.Output, StringComparison.Ordinal);
        var report = Json(json);
        Assert.Equal((1, 1, 1), ((int)report["terms"]!["added"]!, (int)report["terms"]!["removed"]!, (int)report["terms"]!["changed"]!));
        Assert.Equal((5, 1, 1, 1), ((int)report["texts"]!["read"]!, (int)report["texts"]!["blocked"]!, (int)report["texts"]!["labelled"]!, (int)report["texts"]!["released"]!));
        Assert.Equal([1, 3, 5], report["texts"]!["changes"]!.AsArray().Select(change => (int)change!["line"]!));
        Assert.Equal("the road to birchmoor", (string?)report["texts"]!["changes"]![1]!["text"]);
    }

    [Fact]
    public async Task Diff_OfWhatCannotBeRead_Exits2AndOfAFaultyLexicon1()
    {
        using var files = new TempDirectory();
        files.Write("good/t.tsv", Good);
        files.Write("bad/t.tsv", "alder\tnowhere\tblock\n");
        var texts = files.Write("texts.jsonl", "{\"text\":\"alderwisp\"}\nnot json\n");

        await using var missing = await RunAsync("diff", files["good"], files["nowhere"]);
        await using var noTexts = await RunAsync("diff", files["good"], files["good"], "--against", files["none.jsonl"]);
        await using var badLine = await RunAsync("diff", files["good"], files["good"], "--against", texts);
        await using var faulty = await RunAsync("diff", files["good"], files["bad"]);
        await using var same = await RunAsync("diff", files["good"], files["good"]);

        Assert.Equal((2, 2, 2, 1, 0), (missing.ExitCode, noTexts.ExitCode, badLine.ExitCode, faulty.ExitCode, same.ExitCode));
        Assert.Contains("prompt or response): 2", badLine.Errors, StringComparison.Ordinal);
        Assert.Contains("t.tsv:1: ", faulty.Errors, StringComparison.Ordinal);
        Assert.Contains("no term differs", same.Output, StringComparison.Ordinal);
    }

    private static Task<ChildProcess> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Repository.GatewayBinary, ["lexicon", .. arguments]);

    private static Task<ChildProcess> ImportAsync(string list, params string[] arguments) =>
        RunAsync(["import", list, "--risk", "subversion", "--tier", "review", .. arguments]);

    private static JsonObject Json(ChildProcess command) => JsonNode.Parse(command.Output)!.AsObject();
}
