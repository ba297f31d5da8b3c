using System.Text.Json;
using Gateway.Audit.Tests;
using Gateway.Inspection.Policies;
using Gateway.TestSupport;

namespace Gateway.Tests.Deploy;

/// <summary>
/// <c>deploy/policy.schema.json</c> is what the table of keys makes, takes every policy that is shipped, and refuses what the loader refuses. With
/// <c>GATEWAY_WRITE_SCHEMA=1</c> the test writes the file.
/// </summary>
public sealed class PolicySchemaTests
{
    private static readonly string SchemaPath = Path.Combine(Repository.Root, "deploy", "policy.schema.json");

    public static TheoryData<string> Refused { get; } =
    [
        """{"OnFualt":"Allow"}""", """{"OnFault":"Perhaps"}""", """{"OnFault":1}""", """{"Mode":true}""", """{"Answer":""}""", """{"Answer":5}""",
        """{"Extends":5}""", """{"Models":"m"}""", """{"Models":[""]}""", """{"Models":[5]}""",
        """{"Thresholds":{"subvertion":0.9}}""", """{"Thresholds":{"any":1.5}}""", """{"Thresholds":{"any":{"Blok":0.5}}}""", """{"Thresholds":{"any":"0.5"}}""", """{"Thresholds":[]}""",
        """{"Prompt":{"Stream":"Hold"}}""", """{"Prompt":5}""", """{"Response":{"Thresholds":{"any":-1}}}""",
        """{"Tiers":{"any":{"blok":"Label"}}}""", """{"Tiers":{"any":"Label"}}""", """{"Tiers":{"subversion":{"block":"Confirmed"}}}""", """{"Actions":{"subversion":"Mask"}}""", """{"Actions":{"a9":"Label"}}""",
        """{"PersonalData":{"phone":"Hide"}}""", """{"PersonalData":{"fax":"Block"}}""", """{"Foldings":{"Seperator":false}}""", """{"Foldings":{"Separator":"off"}}""",
        """{"Label":{"Rik":true}}""", """{"Label":{"Risk":"yes"}}""", """{"Label":{"Mode":"footer"}}""", """{"Retention":"forever"}""", """{"OnBlockedHistory":"forget"}""", """{"Variants":"Mask"}""", "[]",
    ];

    public static TheoryData<string> Taken { get; } =
    [
        "{}", """{"$schema":"../policy.schema.json","Extends":"base","Models":["qwen*","gpt-4o"]}""",
        """{"Stream":"Tail","OnBlock":"answer","Answer":"no","Mode":"Monitor","OnMedia":"Block","Watched":"Enforce","Variants":"Watch","Retention":"full","OnBlockedHistory":"replace"}""",
        """{"Thresholds":{"any":0.8,"subversion":{"Block":0.7,"Label":0.5,"Cut":0.9}},"Prompt":{"Tiers":{"any":{"review":"Block"}},"Actions":{"a2-discrimination":"Label"},"Thresholds":{"any":{"Label":0.4}}}}""",
        """{"PersonalData":{"phone":"Mask","api-key":"Block"},"Foldings":{"Separator":false},"Label":{"Risk":false,"AIGC":true,"Mode":"suffix"}}""",
    ];

    [Fact]
    public void Schema_IsWhatTheTableMakes()
    {
        var expected = PolicySchema.Write();
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_SCHEMA") == "1") File.WriteAllText(SchemaPath, expected);
        Assert.Equal(expected, File.ReadAllText(SchemaPath));
    }

    [Fact]
    public void Schema_TakesEveryPolicyThatIsShipped()
    {
        var shipped = Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "policies"), "*.json", SearchOption.AllDirectories);
        Assert.NotEmpty(shipped);
        Assert.All(shipped, file => Assert.Empty(Check(File.ReadAllText(file))));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_TheLoaderRefuses_TheSchemaRefuses(string json)
    {
        Assert.NotEmpty(Load(json));
        Assert.NotEmpty(Check(json));
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void What_TheLoaderTakes_TheSchemaTakes(string json)
    {
        Assert.Empty(Load(json));
        Assert.Empty(Check(json));
    }

    private static List<string> Check(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return new SchemaCheck(SchemaPath).Validate(document.RootElement);
    }

    private static IReadOnlyList<string> Load(string json)
    {
        using var files = new TempDirectory();
        files.Write("default.json", json);
        files.Write("base.json", "{}");
        try
        {
            PolicyLoader.LoadBook(files.Path, new Dictionary<string, Thresholds>());
            return [];
        }
        catch (PolicyException fault)
        {
            return fault.Faults;
        }
    }
}
