using System.Text.Json.Nodes;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

/// <summary>Nothing weakens the base: every key that can be stricter, at every level, alone and all at once.</summary>
public sealed class MandatoryBaseTests : IDisposable
{
    private static readonly string[] Levels = ["default", "tenant", "route", "model", "key"];

    /// <summary>Keys of which no value is the stricter: what somebody is told, and where. Their last writer counts, the base's included.</summary>
    private static readonly Dictionary<string, string> Unordered = new(StringComparer.Ordinal)
    {
        ["OnBlock"] = "an error and a canned answer withhold the same",
        ["Answer"] = "a wording",
        ["Label:Text"] = "a wording; both elements are checked whoever writes it",
        ["Session:Notice"] = "a wording", ["Session:Reminder"] = "a wording", ["Session:Dependence"] = "a wording", ["Session:Farewell"] = "a wording",
        ["Crisis:Answer"] = "a wording; nobody can take it away", ["Crisis:Helplines"] = "they differ from place to place", ["Crisis:Webhook"] = "it differs from tenant to tenant",
    };

    private readonly PolicyFolder _files = new();

    public static TheoryData<string> OrderedKeys { get; } = [.. Places().Select(pair => pair.Place)];

    public void Dispose() => _files.Dispose();

    [Fact]
    public void EveryKey_HasAnOrder_OrAReasonForHavingNone() =>
        Assert.Equal(Unordered.Keys.Order(StringComparer.Ordinal), PolicyKeys.All.Where(key => !key.IsOrdered).Select(key => key.Path).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(OrderedKeys))]
    public void Base_StrictestValue_HoldsAtEveryLevel(string place)
    {
        var (_, strict, lax) = Places().Single(pair => pair.Place == place);
        _files.Write("base", Document(place, strict));
        foreach (var level in Levels) _files.Write(level, Document(place, lax));
        var book = _files.Book();

        Assert.Equal(Levels.Length * Sides(place), book.Notes.Count(note => note.Contains($"{place}: base.json prevails", StringComparison.Ordinal)));
        foreach (var tenant in Maybe("tenant"))
        foreach (var route in (string[])["default", "route", "base"])
        foreach (var model in Maybe("model"))
        foreach (var key in Maybe("key"))
        {
            var layers = PolicyBook.LayersOf(tenant, route, model, key);
            foreach (var row in book.Explain(layers).Where(row => Matches(row.Key, place)))
                Assert.True(row.Value == strict.ToString(), $"{row.Key} is {row.Value} for {string.Join(PolicyBook.Joint, layers.Select(layer => layer.Name))}");
        }
    }

    [Fact]
    public void Base_EveryKeyAtOnce_GivesTheSamePolicyWhateverIsLaidOverIt()
    {
        var (strictest, laxest) = (new JsonObject(), new JsonObject());
        foreach (var (place, strict, lax) in Places(everyName: true))
        {
            Put(strictest, place, strict);
            Put(laxest, place, lax);
        }

        _files.Write("base", strictest.ToJsonString());
        foreach (var level in Levels) _files.Write(level, laxest.ToJsonString());
        var book = _files.Book();
        var bound = book.Policies["base"];
        var found = book.Resolve("tenant", "route", "model", "key");
        var rows = RowsOf(PolicyBook.LayersOf(null, "base", null, null));
        foreach (var route in (string[])["default", "route"]) Assert.Equal(rows, RowsOf(PolicyBook.LayersOf("tenant", route, "model", "key")));

        Assert.Equal((bound.Mode, bound.Stream, bound.OnFault, bound.OnUninspectable, bound.OnAuditFault, bound.OnMedia), (found.Mode, found.Stream, found.OnFault, found.OnUninspectable, found.OnAuditFault, found.OnMedia));
        Assert.Equal((bound.FoldingsOff, bound.Variants, bound.JudgesWatched, bound.OnBlockedHistory, bound.Retention, bound.RiskLabel, bound.ContentLabel), (found.FoldingsOff, found.Variants, found.JudgesWatched, found.OnBlockedHistory, found.Retention, found.RiskLabel, found.ContentLabel));
        Assert.Equal(bound.PersonalData.OrderBy(pair => pair.Key), found.PersonalData.OrderBy(pair => pair.Key));
        Assert.Equal(bound.Thresholds.OrderBy(pair => pair.Key), found.Thresholds.OrderBy(pair => pair.Key));
        Assert.Equal(bound.Prompt!.Risks.OrderBy(pair => pair.Key), found.Prompt!.Risks.OrderBy(pair => pair.Key));
        Assert.Equal(bound.Response!.Risks.OrderBy(pair => pair.Key), found.Response!.Risks.OrderBy(pair => pair.Key));

        IEnumerable<(string, string)> RowsOf(IReadOnlyList<PolicyLayer> layers) => book.Explain(layers).Where(row => PolicyKeys.Of(row.Key).IsOrdered).Select(row => (row.Key, row.Value));
    }

    [Fact]
    public void Base_OfOneProfile_IsNotExchangedForTheOther_ButMayBeJoined()
    {
        foreach (var (bound, other) in new[] { ("cn", "eu"), ("eu", "cn") })
        {
            var book = _files.Write("base", Profile(bound)).Write("default", Profile(other)).Write("both", Profile("both")).Book();

            Assert.Equal(bound, book.Policies["default"].LabelProfile.ToString(), ignoreCase: true);
            Assert.Equal(LabelProfile.Both, book.Policies["both"].LabelProfile);
        }

        static string Profile(string name) => new JsonObject { ["Label"] = new JsonObject { ["Profile"] = name } }.ToJsonString();
    }

    [Fact]
    public void Base_IsNoCeiling_StricterFilesCount()
    {
        var policy = _files.Write("base", """{"Mode":"Monitor","Thresholds":{"any":0.9},"PersonalData":{"phone":"Label"},"OnBlock":"answer","Answer":"b"}""")
            .Write("default", """{"Mode":"Enforce","Thresholds":{"any":0.5},"PersonalData":{"phone":"Block"},"OnBlock":"error"}""").Book().Policies["default"];

        Assert.Equal((EnforcementMode.Enforce, PatternAction.Block, BlockAnswer.Error, "b"), (policy.Mode, policy.PersonalData["phone"], policy.OnBlock, policy.Answer));
        Assert.Equal(0.5f, policy.Thresholds["any"].Block);
    }

    [Fact]
    public void Base_OfAGroup_HoldsForEachOfItsRisks()
    {
        var book = _files.Write("base", """{"Actions":{"a1-core-values":"Block"},"Prompt":{"Tiers":{"any":{"review":"Block"}}}}""")
            .Write("default", """{"Actions":{"any":"Watch","subversion":"Label"},"Response":{"Actions":{"terrorism-extremism":"Watch"}},"Tiers":{"subversion":{"review":"Watch"}}}""").Book();
        var policy = book.Policies["default"];

        Assert.Equal(RiskAction.Block, policy.Prompt!.Risks["subversion"].Most);
        Assert.Equal(TierAction.Block, policy.Prompt.Risks["subversion"].Review);
        Assert.Equal(RiskAction.Block, policy.Response!.Risks["subversion"].Most);
        Assert.False(policy.Response.Risks.ContainsKey("terrorism-extremism"));
        Assert.Equal(RiskAction.Watch, policy.Response.Risks["privacy-right"].Most);
    }

    /// <summary>Every place whose values have an order, with its strictest and its laxest value.</summary>
    private static IEnumerable<(string Place, JsonNode Strict, JsonNode Lax)> Places(bool everyName = false)
    {
        foreach (var key in PolicyKeys.All.Where(key => key.IsOrdered))
        {
            foreach (var name in key.Path.Contains('*', StringComparison.Ordinal) ? everyName ? PolicyKeys.NamesIn(key.Path.Split(':')[0]) : NamesOf(key) : [""])
            {
                var place = key.Path.Replace("*", name, StringComparison.Ordinal);
                (string, JsonNode, JsonNode) found = key.Kind switch
                {
                    PolicyValueKind.Switch => (place, true, false),
                    PolicyValueKind.Count => key.MoreIsStricter == true ? (place, 1440, 1) : (place, 1, 100_000),
                    PolicyValueKind.Sentence => key.MoreIsStricter == true ? (place, "out, away", "away") : (place, "contract-1", "contract-1, contract-2"),
                    PolicyValueKind.Probability => (place, key.Path.EndsWith("Label", StringComparison.Ordinal) ? 0.1 : key.Path.EndsWith("Block", StringComparison.Ordinal) ? 0.2 : 0.3, key.Path.EndsWith("Label", StringComparison.Ordinal) ? 0.9 : 1),
                    _ => (place, key.Strictness[^1], key.Strictness[0]),
                };
                yield return found;
            }
        }
    }

    private static IReadOnlyList<string> NamesOf(PolicyKey key) => key.Path.Split(':')[0] switch
    {
        "PersonalData" => ["phone", "api-key", "id-card"],
        "Foldings" => ["Separator", "Width"],
        "Thresholds" => ["any", "subversion"],
        _ => ["subversion", "violence-obscenity.sexual", "x-prompt-injection"],
    };

    private static string Document(string place, JsonNode value)
    {
        var document = new JsonObject();
        Put(document, place, value);

        // A cut that is to be early needs a block that is early.
        if (place.EndsWith(":Cut", StringComparison.Ordinal)) Put(document, place[..^4] + ":Block", value);
        return document.ToJsonString();
    }

    private static void Put(JsonObject document, string place, JsonNode value)
    {
        var parts = place.Split(':');
        foreach (var part in parts[..^1]) document = (document[part] ??= new JsonObject()).AsObject();
        document[parts[^1]] = value.DeepClone();
    }

    private static string?[] Maybe(string name) => [null, name];

    /// <summary>A value of both directions has two places.</summary>
    private static int Sides(string place) => place.Split(':')[0] is "Thresholds" or "Tiers" or "Actions" ? 2 : 1;

    private static bool Matches(string key, string place) => key == place || key == $"Prompt:{place}" || key == $"Response:{place}";
}
