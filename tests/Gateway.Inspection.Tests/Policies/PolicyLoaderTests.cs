using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

public sealed class PolicyLoaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-policies-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Load_EveryKey_IsRead()
    {
        Write("default.json", """
            { // comments are welcome
              "stream": "tail", "OnBlock": "answer", "Answer": "no", "OnFault": "Allow", "OnUninspectable": "Allow", "OnAuditFault": "Allow",
              "Mode": "Monitor", "Thresholds": { "any": { "Block": 0.8, "Label": 0.4, "Cut": 0.9 }, "subversion": 0.7 }, "Label": { "Risk": false, "AIGC": false },
            }
            """);

        var policy = Load()["default"];

        Assert.Equal(StreamMode.Tail, policy.Stream);
        Assert.Equal(BlockAnswer.Answer, policy.OnBlock);
        Assert.Equal("no", policy.Answer);
        Assert.Equal((FaultAction.Allow, FaultAction.Allow, FaultAction.Allow), (policy.OnFault, policy.OnUninspectable, policy.OnAuditFault));
        Assert.Equal(EnforcementMode.Monitor, policy.Mode);
        Assert.Equal(new Thresholds(0.8f, 0.4f, 0.9f), policy.Thresholds["any"]);
        Assert.Equal(new Thresholds(0.7f, 0.7f, 0.7f), policy.Thresholds["subversion"]);
        Assert.False(policy.RiskLabel);
        Assert.False(policy.ContentLabel);
    }

    [Fact]
    public void Load_EmptyObject_IsTheStrictDefault()
    {
        Write("default.json", "{}");

        var policy = Load()["default"];

        Assert.Equal(StreamMode.Hold, policy.Stream);
        Assert.Equal((FaultAction.Block, FaultAction.Block, FaultAction.Block), (policy.OnFault, policy.OnUninspectable, policy.OnAuditFault));
        Assert.Equal(EnforcementMode.Enforce, policy.Mode);
        Assert.Equal(new Thresholds(0.9f, 0.6f, 0.95f), policy.Thresholds["any"]);
    }

    [Theory]
    [InlineData("""{"Thresholds":{"subvertion":{"Block":0.9}}}""", "unknown risk 'subvertion'", "Did you mean 'subversion'?")]
    [InlineData("""{"Thresholds":{"any":{"Block":1.5}}}""", "Thresholds:any:Block", "from 0 to 1")]
    [InlineData("""{"Thresholds":{"any":{"Block":0.5,"Label":0.6}}}""", "Thresholds:any", "Label must not be above Block")]
    [InlineData("""{"Thresholds":{"any":{"Block":0.5,"Cut":0.4}}}""", "Thresholds:any", "Cut must not be below Block")]
    [InlineData("""{"Thresholds":{"any":{"Blok":0.5}}}""", "unknown key 'Blok'", "Block, Label, Cut")]
    [InlineData("""{"OnFualt":"Allow"}""", "unknown key 'OnFualt'", "Did you mean 'OnFault'?")]
    [InlineData("""{"OnFault":"Perhaps"}""", "OnFault", "Block, Allow")]
    [InlineData("""{"OnFault":1}""", "OnFault", "Block, Allow")]
    [InlineData("""{"Label":{"Rik":true}}""", "Label:Rik", "Did you mean 'Risk'?")]
    [InlineData("""{"Foldings":{"Seperator":false}}""", "unknown folding 'Seperator'", "Did you mean 'Separator'?")]
    [InlineData("""{"Foldings":{"Separator":"off"}}""", "Foldings:Separator", "true or false")]
    [InlineData("""{"Foldings":true}""", "Foldings", "object of folding names")]
    [InlineData("""{"Variants":"Mask"}""", "Variants", "Label, Block, Watch")]
    [InlineData("""{"Answer":""}""", "Answer", "not empty")]
    [InlineData("""{"Stream":"Hold",""", "not valid JSON", "line 1")]
    [InlineData("[]", "default.json", "JSON object")]
    public void Load_BadFile_NamesFileKeyAndRemedy(string json, string what, string remedy)
    {
        Write("default.json", json);

        var fault = Assert.Throws<PolicyException>(Load);

        Assert.Contains("default.json", fault.Message, StringComparison.Ordinal);
        Assert.Contains(what, fault.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"OnFualt":"Allow"}""", "default.json:2: unknown key 'OnFualt'")]
    [InlineData("""{"Thresholds":{"any":{"Block":1.5}}}""", "default.json:4: Thresholds:any:Block: must be a number from 0 to 1.")]
    [InlineData("""{"Thresholds":{"subvertion":{"Block":0.9}}}""", "default.json:3: Thresholds names the unknown risk 'subvertion'.")]
    [InlineData("""{"Thresholds":{"any":{"Block":0.5,"Label":0.6}}}""", "default.json:5: Thresholds:any: Label must not be above Block.")]
    [InlineData("""{"Prompt":{"Tiers":{"subversion":{"block":"Mask"}}}}""", "default.json:5: Prompt:Tiers:subversion:block must be one of")]
    [InlineData("""{"Actions":{"subvertion":"Label"}}""", "default.json:3: Actions names the unknown risk 'subvertion'.")]
    [InlineData("""{"Label":{"Risk":true,"Text":"AI助手"}}""", "default.json:4: Label:Text 'AI助手' says nothing of generation")]
    [InlineData("""{"Session":{"ReminderMinutes":0}}""", "default.json:3: Session:ReminderMinutes must be a whole number, 1 or more.")]
    [InlineData("""{"PersonalData":{"phone":"Hide"}}""", "default.json:3: PersonalData:phone must be one of")]
    [InlineData("""{"Mode":"Enforce","Extends":"defualt"}""", "default.json:3: Extends names 'defualt'")]
    [InlineData("""{"Mode":"Enforce","Models":"m"}""", "default.json:3: Models is an array")]
    public void Load_FaultOfMeaning_NamesTheLine(string json, string fault)
    {
        // One member a line, as people write them; a byte order mark and a comment shift nothing.
        var lines = "\uFEFF" + System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n// the end\n";
        Write("default.json", lines);

        Assert.Contains(fault, Assert.Throws<PolicyException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WhatTheBaseOverrules_IsNotedWithItsLine()
    {
        Write("base.json", """{"OnFault":"Block","Thresholds":{"any":0.5}}""");
        Write("default.json", "{\n  \"OnMedia\": \"Block\",\n  \"OnFault\": \"Allow\",\n  \"Thresholds\": { \"any\": 0.9 }\n}");

        var notes = PolicyLoader.LoadBook(_directory, new Dictionary<string, Thresholds>()).Notes;

        Assert.Contains("default.json:3: OnFault: base.json prevails with Block over Allow of default.json, which is weaker.", notes);
        Assert.Contains("default.json:4: Prompt:Thresholds:any:Block: base.json prevails with 0.5 over 0.9 of default.json, which is weaker.", notes);
    }

    [Fact]
    public void Load_SeveralFaults_AreNamedAtOnce()
    {
        Write("a.json", """{"Stream":"Never","OnBlock":"shout"}""");
        Write("b.json", """{"Mode":1}""");

        Assert.Equal(3, Assert.Throws<PolicyException>(Load).Faults.Count);
    }

    [Fact]
    public void Load_MissingOrEmptyDirectory_SaysSo()
    {
        Assert.Contains("holds no policy file", Assert.Throws<PolicyException>(Load).Message, StringComparison.Ordinal);
        var missing = Path.Combine(_directory, "nowhere");
        Assert.Contains("does not exist", Assert.Throws<PolicyException>(() => PolicyLoader.Load(missing, new Dictionary<string, Thresholds>())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SameContent_HasTheSameVersion()
    {
        Write("default.json", "{}");
        var first = PolicyLoader.Load(_directory, new Dictionary<string, Thresholds>()).Version;
        Assert.Equal(first, PolicyLoader.Load(_directory, new Dictionary<string, Thresholds>()).Version);
        Write("default.json", "{ }");
        Assert.NotEqual(first, PolicyLoader.Load(_directory, new Dictionary<string, Thresholds>()).Version);
    }

    private IReadOnlyDictionary<string, Policy> Load() =>
        PolicyLoader.Load(_directory, new Dictionary<string, Thresholds> { ["any"] = new(0.9f, 0.6f, 0.95f) }).Policies;

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_directory, file), content);
}
