using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

/// <summary>How policies come together: inheritance, order of resolution, models, explanation.</summary>
public sealed class PolicyBookTests : IDisposable
{
    private readonly PolicyFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Extends_TakesWhatIsNotSaid_AndOverridesWhatIs()
    {
        _files.Write("default", "{}").Write("first", """{"OnBlock":"answer","OnMedia":"Block","Thresholds":{"any":{"Block":0.8}}}""");
        var second = _files.Write("second", """{"Extends":"First","OnMedia":"Allow"}""").Book().Policies["second"];

        Assert.Equal((BlockAnswer.Answer, FaultAction.Allow), (second.OnBlock, second.OnMedia));
        Assert.Equal(new Thresholds(0.8f, 0.6f, 0.95f), second.Thresholds["any"]);
    }

    [Theory]
    [InlineData("""{"Extends":"b"}""", """{"Extends":"a"}""", "goes round in a circle")]
    [InlineData("""{"Extends":"bb"}""", "{}", "no such policy. There are a, b.")]
    [InlineData("""{"Extends":7}""", "{}", "Extends must be a text")]
    [InlineData("""{"Models":["m*"]}""", """{"Models":["M*"]}""", "'m*' is claimed by a.json and b.json")]
    [InlineData("""{"Prompt":{"Stream":"Hold"}}""", "{}", "unknown key 'Prompt:Stream'")]
    [InlineData("""{"Tiers":{"any":{"blok":"Label"}}}""", "{}", "Did you mean 'block'?")]
    [InlineData("""{"Actions":{"subvertion":"Label"}}""", "{}", "Did you mean 'subversion'?")]
    [InlineData("""{"Actions":{"subversion":"Mask"}}""", "{}", "must be one of Watch, Label, Block")]
    public void Load_WhatDoesNotHoldTogether_IsRefused(string a, string b, string fault)
    {
        _files.Write("a", a).Write("b", b);

        Assert.Contains(fault, _files.Fault().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_LastWord_GoesFromTenantToRouteToModelToKey()
    {
        var book = _files.Write("default", """{"OnBlock":"answer","Answer":"d","OnMedia":"Block","Stream":"Tail"}""")
            .Write("t", """{"Answer":"t","OnMedia":"Allow","OnFault":"Allow","Variants":"Block"}""")
            .Write("r", """{"Answer":"r","OnFault":"Block","Watched":"Enforce"}""")
            .Write("m", """{"Answer":"m","Watched":"Record"}""")
            .Write("k", """{"Answer":"k"}""").Book();

        Assert.Same(book.Policies["default"], book.Resolve(null, "default", null, null));
        Assert.Same(book.Policies["r"], book.Resolve(null, "r", null, null));
        Assert.Equal("t", book.Resolve("t", "default", null, null).Answer);
        Assert.Equal("r", book.Resolve("t", "r", null, null).Answer);
        Assert.Equal("m", book.Resolve("t", "r", "m", null).Answer);
        var all = book.Resolve("t", "r", "m", "k");
        Assert.Equal("k", all.Answer);
        Assert.Equal("t+r+m+k", all.Name);

        // Each value is the last that somebody wrote; a route that names default names nothing in particular.
        Assert.Equal((FaultAction.Allow, FaultAction.Block, false, VariantAction.Block), (all.OnMedia, all.OnFault, all.JudgesWatched, all.Variants));
        Assert.Equal((BlockAnswer.Error, StreamMode.Hold), (all.OnBlock, all.Stream));
        var framed = book.Resolve("t", "default", null, "k");
        Assert.Equal((BlockAnswer.Answer, StreamMode.Tail, FaultAction.Allow, "k"), (framed.OnBlock, framed.Stream, framed.OnMedia, framed.Answer));

        // Records name what came together; from that name it comes together again.
        Assert.True(book.TryGet("T+r+m+k", out var again));
        Assert.Equal((all.Answer, all.OnMedia, all.OnFault, all.JudgesWatched), (again.Answer, again.OnMedia, again.OnFault, again.JudgesWatched));
        Assert.False(book.TryGet("t+nobody", out _));
    }

    [Theory]
    [InlineData("deepseek-r1", "exact")]
    [InlineData("DeepSeek-V3", "near")]
    [InlineData("deep-thought", "far")]
    [InlineData("gpt", null)]
    public void ForModel_TheNearestPatternCounts(string model, string? policy)
    {
        var book = _files.Write("default", "{}").Write("far", """{"Models":["deep*"]}""").Write("near", """{"Models":["deepseek-*"]}""").Write("exact", """{"Models":["deepseek-r1"]}""").Book();

        Assert.Equal(policy, book.ForModel(model));
    }

    [Fact]
    public void Explain_NamesTheFileOfEachValue_AndWhatTheBaseOverruled()
    {
        var book = _files.Write("base", """{"Mode":"Enforce","Thresholds":{"any":0.7}}""").Write("default", """{"Mode":"Monitor","OnBlock":"answer"}""")
            .Write("parent", """{"OnMedia":"Block"}""").Write("acme", """{"Extends":"parent","Thresholds":{"any":{"Block":0.95}},"Label":{"Risk":false}}""").Book();

        var rows = book.Explain(PolicyBook.LayersOf("acme", "default", null, null)).ToDictionary(row => row.Key);

        Assert.Equal(("Enforce", "base.json (base)", "Monitor of default.json"), (rows["Mode"].Value, rows["Mode"].Source, rows["Mode"].Overruled));
        Assert.Equal(("answer", "default.json (default)"), (rows["OnBlock"].Value, rows["OnBlock"].Source));
        Assert.Equal(("Block", "parent.json (tenant)"), (rows["OnMedia"].Value, rows["OnMedia"].Source));
        Assert.Equal(("false", "acme.json (tenant)"), (rows["Label:Risk"].Value, rows["Label:Risk"].Source));
        Assert.Equal(("Hold", "built in"), (rows["Stream"].Value, rows["Stream"].Source));
        Assert.Equal(("0.7", "base.json (base)", "0.95 of acme.json"), (rows["Prompt:Thresholds:any:Block"].Value, rows["Prompt:Thresholds:any:Block"].Source, rows["Prompt:Thresholds:any:Block"].Overruled));
        Assert.Equal(("0.6", "model"), (rows["Response:Thresholds:any:Label"].Value, rows["Response:Thresholds:any:Label"].Source));
        Assert.Contains(book.Notes, note => note == "default.json:1: Mode: base.json prevails with Enforce over Monitor of default.json, which is weaker.");
    }
}
