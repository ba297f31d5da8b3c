using System.Text;
using Gateway.Protocols;
using Gateway.TestSupport;

namespace Gateway.Tests.Protocols;

/// <summary>
/// Every operation in every direction, whole and streamed: judged, or not judged for a written reason, or refused by name.
/// The same table stands in DESIGN.md and the README; set GATEWAY_WRITE_CENSUS=1 to write it there.
/// </summary>
public sealed class CensusTests
{
    private const string Begin = "<!-- census: written by CensusTests -->";
    private const string End = "<!-- end of census -->";

    private static readonly ProtocolRegistry Registry = ProtocolRegistry.Discover();

    public static IEnumerable<object[]> Operations =>
        Registry.All.SelectMany(protocol => protocol.Operations.Select(operation => (protocol.Name, Operation: operation.Name))).Distinct().Select(pair => new object[] { pair.Name, pair.Operation });

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_InEachDirection_IsJudgedOrSaysWhyNot(string protocol, string name)
    {
        foreach (var operation in Registry.Find(protocol)!.Operations.Where(operation => operation.Name == name))
        {
            if (operation.Refusal is not null)
            {
                Assert.Null(operation.ExemptReason);
                Assert.InRange(operation.Refusal.Status, 400, 499);
                continue;
            }

            if (operation.ExemptReason is not null)
            {
                // Exempt by name means: nothing goes up but a path.
                Assert.Equal("GET", operation.Method);
                Assert.Null(operation.Request);
                continue;
            }

            Assert.True(operation.Method is not ("POST" or "*") || operation.Request is not null || name.EndsWith("cancelled", StringComparison.Ordinal), "A body that nobody reads is not forwarded; say so by name.");
            Assert.NotNull(operation.Answer);
            Assert.Equal(operation.Streams != StreamFormats.None, operation.StreamEvent is not null);
            Assert.False(operation.StreamsByDefault && operation.Streams == StreamFormats.None);
        }
    }

    [Fact]
    public void Discover_FindsEveryProtocolOnce()
    {
        Assert.Equal(Registry.All.Count, Registry.All.Select(protocol => protocol.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.IsType<OpenAIChatProtocol>(Registry.Default);
    }

    [Theory]
    [InlineData("POST", "/v1/chat/completions", "openai-chat", null)]
    [InlineData("POST", "/openai/deployments/gpt-4o/chat/completions", "openai-chat", "gpt-4o")]
    [InlineData("POST", "/v1beta/models/gemini-2.5-flash:streamGenerateContent", "gemini", "gemini-2.5-flash")]
    [InlineData("POST", "/v1beta/models/a:b:generateContent", "gemini", "a:b")]
    [InlineData("GET", "/v1/responses/resp_1", "openai-responses", null)]
    public void Claim_Path_FindsProtocolAndModel(string method, string path, string protocol, string? model)
    {
        var claim = Registry.Claim(method, path)!.Value;
        Assert.Equal((protocol, model), (claim.Protocol.Name, claim.Model));
    }

    [Theory]
    [InlineData("POST", "/openai/deployments//chat/completions")]
    [InlineData("POST", "/openai/deployments/../chat/completions")]
    [InlineData("POST", "/openai/deployments/a%2Fb/chat/completions")]
    [InlineData("POST", "/openai/deployments/a/b/chat/completions")]
    [InlineData("POST", "/openai/deployments/a b/chat/completions")]
    [InlineData("POST", "/openai/deployments/a/chat/completions/")]
    [InlineData("POST", "/v1beta/models/:generateContent")]
    [InlineData("POST", "/v1beta/models/x:deleteEverything")]
    [InlineData("GET", "/v1/responses/")]
    [InlineData("GET", "/v1/responses/a:b")]
    [InlineData("DELETE", "/v1/chat/completions")]
    public void Claim_PathThatIsAlmostRight_IsNobodys(string method, string path) => Assert.Null(Registry.Claim(method, path));

    [Fact]
    public void Claim_ModelOfTheGreatestLengthAndOnePast_IsTakenAndNot()
    {
        Assert.NotNull(Registry.Claim("POST", $"/v1beta/models/{new string('m', 256)}:generateContent"));
        Assert.Null(Registry.Claim("POST", $"/v1beta/models/{new string('m', 257)}:generateContent"));
    }

    [Theory]
    [InlineData("src/DESIGN.md")]
    [InlineData("README.md")]
    public void Table_InTheDocuments_IsTheOneOfTheCode(string file)
    {
        var path = Path.Combine(Repository.Root, file);
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        Assert.True(from >= 0 && to > from, $"{file} has no place for the census.");
        var table = $"{Begin}\n{Table()}";
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_CENSUS") == "1") File.WriteAllText(path, text[..from] + table + text[to..]);
        Assert.Equal(table, text[from..to], ignoreLineEndingDifferences: true);
    }

    private static string Table()
    {
        var table = new StringBuilder("| protocol | operation | prompt | answer | streamed |\n| --- | --- | --- | --- | --- |\n");
        foreach (var protocol in Registry.All)
        {
            foreach (var operation in protocol.Operations)
            {
                var paths = operation.Paths.Length == 0 ? "routes that name the protocol" : $"`{operation.Method} {operation.Paths[0]}`{(operation.Paths.Length == 1 ? "" : $" and {operation.Paths.Length - 1} more")}";
                table.Append($"| {protocol.Name} | {paths} | {Prompt(operation)} | {Answer(operation)} | {Stream(operation)} |\n");
            }
        }

        return table.ToString();
    }

    private static string Prompt(Operation operation) => operation.Refusal is not null ? "refused"
        : operation.ExemptReason is not null || operation.Request is null ? "none forwarded"
        : operation.TakesForms ? "judged; files unjudged" : "judged";

    private static string Answer(Operation operation) => operation.Refusal is not null ? "–"
        : operation.ExemptReason is { } reason ? $"exempt: {reason}"
        : operation.AnswerMedia is { } media ? $"judged; {media} unjudged" : "judged";

    private static string Stream(Operation operation) => operation.Streams == StreamFormats.None ? "–"
        : "judged: " + string.Join(", ", Enum.GetValues<StreamFormats>().Where(format => format != StreamFormats.None && operation.Streams.HasFlag(format)).Select(format => format switch
        {
            StreamFormats.Events => "events",
            StreamFormats.Lines => "JSON lines",
            _ => "JSON array",
        }));
}
