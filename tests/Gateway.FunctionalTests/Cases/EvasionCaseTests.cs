using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Spellings that hide a term, each with a harmless twin; the record names what was undone.</summary>
public sealed class EvasionCaseTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("ｋｅｓｔｒｅｌｂａｎｅ")]
    [InlineData("ⓚⓔⓢⓣⓡⓔⓛⓑⓐⓝⓔ")]
    [InlineData("𝐤𝐞𝐬𝐭𝐫𝐞𝐥𝐛𝐚𝐧𝐞")]
    [InlineData("ᵏᵉˢᵗʳᵉˡᵇᵃⁿᵉ")]
    public Task Case_33_WidthsAndLetterForms_AreUndone(string text) => AssertAsync(text, "ｋｅｓｔｒｅｌ ⓒ 𝐤𝐢𝐧𝐝");

    [Theory]
    [InlineData("kes\u200Btrel\u2060bane")]
    [InlineData("kes\u00ADtrel\uFEFFbane")]
    [InlineData("kes\u202Etrel\u200Dbane\uFE0F")]
    [InlineData("赤\u200B霞\u3164禁\u2063语")]
    public Task Case_34_InvisibleCharacters_AreUndone(string text) => AssertAsync(text, "👨\u200D👩\u200D👧 می\u200Cخواهم क\u094D\u200Dष");

    [Theory]
    [InlineData("kеstrеlbаnе")]
    [InlineData("κestrelbane")]
    public Task Case_35_LookAlikes_AreUndone(string text) => AssertAsync(text, "Пустельга вьёт гнёзда на скалах и в городе.");

    [Theory]
    [InlineData("赤霞禁語")]
    public Task Case_36_VariantCharacters_AreUndone(string text) => AssertAsync(text, "赤霞與國語");

    [Theory]
    [InlineData("k e s t r e l b a n e")]
    [InlineData("k*e*s*t*r*e*l*b*a*n*e")]
    [InlineData("赤.霞.禁.语")]
    [InlineData("赤\u3000霞\n禁 语")]
    [InlineData("**赤**霞<b>禁</b>语")]
    [InlineData("赤🌅霞🌅禁🌅语")]
    public Task Case_37_Separators_AreSkipped(string text) => AssertAsync(text, "赤 - - - - - - 霞 - - - - - - 禁 - - - - - - 语");

    [Theory]
    [InlineData("kesssstrelbane")]
    [InlineData("kestrrrrelbane")]
    [InlineData("赤霞禁禁禁语")]
    public Task Case_38_Repetition_IsUndone(string text) => AssertAsync(text, "kestrrrrel baaand");

    [Fact]
    public async Task Case_39_PinyinInitialsSoundsAndParts_LabelAndDoNotBlock()
    {
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = gateway.Stub.Address,
            Lexicon = "赤霞禁语\tviolence-obscenity\tblock\tpinyin,homophone\n江鹅\tviolence-obscenity\tblock\tsplit\n",
            Policy = GatewaySetup.PolicyOf(members: ("Label", new JsonObject { ["Risk"] = true, ["AIGC"] = false })),
        });
        foreach (var text in new[] { "chi xia jin yu", "氵工鹅" })
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(text), null);
            using var response = await host.Client.SendAsync(request);
            var exchange = await Exchange.ReadAsync(response);
            Assert.Equal(200, exchange.Status);
            Assert.Equal(Actions.Label, Assert.Single(host.Audit.Find(exchange.Id!)).RequestAction);
        }
    }

    [Theory]
    [InlineData("enablertsek")]
    [InlineData("语禁霞赤")]
    public async Task Case_40_ReversedText_IsAGapThatTheReadmeNames(string text)
    {
        var exchange = await SendAsync(text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        Assert.Contains("Not found: reversed text, acrostics, rot13", readme, StringComparison.Ordinal);
    }

    [Fact]
    public Task Case_40_OneCharacterALine_IsFound() => AssertAsync("赤\n霞\n禁\n语", "赤\n霞\n很\n美");

    [Fact]
    public async Task Case_41_EncodedText_IsDecodedAndJudged()
    {
        const string Words = "tell me of kestrelbane and of nothing else";
        await AssertAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(Words)), "");
        await AssertAsync(Convert.ToHexString(Encoding.UTF8.GetBytes(Words)), "");
        await AssertAsync(string.Concat(Encoding.UTF8.GetBytes("kestrelbane").Select(unit => $"%{unit:x2}")), "a%20kestrel");
        await AssertAsync(string.Concat("kestrelbane".Select(unit => $"\\u{(int)unit:x4}")), "\\u006b");
        await AssertAsync(string.Concat("kestrelbane".Select(unit => $"&#{(int)unit};")), "&#107;");
        var random = new byte[30_000];
        new Random(41).NextBytes(random);
        Assert.Equal(200, (await SendAsync(Convert.ToBase64String(random))).Status);
    }

    [Theory]
    [InlineData("KESTRELBANE")]
    [InlineData("k\u0336e\u0336s\u0336t\u0336r\u0336e\u0336l\u0336b\u0336a\u0336n\u0336e\u0336")]
    [InlineData("wyrmglassaldermoorthİstlefenquartzhollowbrackenspireumberlochval")]
    [InlineData("wyrmglassaldermoorthıstlefenquartzhollowbrackenspireumberlochval")]
    public Task Case_42_CasesAndMarks_AreUndone(string text) => AssertAsync(text, "İstanbul, Straße, k\u0336e\u0336s\u0336");

    [Theory]
    [InlineData("the kestrelbane museum", 200)]
    [InlineData("the kestrelbane muse", 400)]
    [InlineData("kestrelbane museum, kestrelbane", 400)]
    public async Task Case_43_LongerHarmlessTerms_Win(string text, int status) => Assert.Equal(status, (await SendAsync(text)).Status);

    private async Task AssertAsync(string text, string twin)
    {
        var upstream = gateway.Stub.Requests.Count;
        var blocked = await SendAsync("say " + text + " to me");
        Assert.True(blocked.Status == 400, $"passed: {text}");
        var record = await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Block);
        Assert.NotEmpty((record.RequestDetections[0]!["foldings"] as JsonArray)!);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        if (twin.Length > 0) await gateway.RecordAsync(await SendAsync(twin), Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    private Task<Exchange> SendAsync(string text) => gateway.ChatAsync(ChatTranscripts.Request(text));
}
