using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary>A gateway, its records, and the commands on them; and what lies in the files, past all commands.</summary>
public abstract class RecordsFixture : IAsyncLifetime
{
    private protected TempDirectory Files { get; } = new();

    private protected StubModelServer Stub { get; private set; } = null!;

    public virtual async Task InitializeAsync() => Stub = await StubModelServer.StartAsync();

    public virtual async Task DisposeAsync()
    {
        await Stub.DisposeAsync();
        Files.Dispose();
    }

    private protected string Audit => Files["audit"];

    private protected string Archive => Files["archive"];

    private protected async Task<GatewayTestHost> StartAsync(params string[] arguments)
    {
        Files.Write("lexicons/test.tsv", TestLexicon.Lines);
        Files.Write("lexicons/allow.tsv", TestLexicon.AllowLines);
        Files.Write("policies/default.json", GatewaySetup.PolicyOf().ToJsonString());
        return await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = Stub.Address,
            AuditDirectory = Audit,
            Arguments = ["--Gateway:EndUser:Header=X-End-User", "--lexicons", Files["lexicons"], "--policies", Files["policies"], .. arguments],
        });
    }

    private protected static async Task<string> AskAsync(GatewayTestHost gateway, string prompt, string user, string? script = null)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(prompt), script);
        request.Headers.Add("X-End-User", user);
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (await Exchange.ReadAsync(response)).Id!;
    }

    private protected static async Task<string> RunAsync(int expected, params string[] arguments)
    {
        await using var command = ChildProcess.Start(Repository.GatewayBinary, arguments, null, S3Server.Environment);
        await command.ExitedAsync();
        Assert.True(command.ExitCode == expected, $"gateway {string.Join(' ', arguments)} ended with {command.ExitCode}:\n{command.Output}\n{command.Errors}");
        return command.Output + command.Errors;
    }

    private protected async Task<List<JsonNode>> SearchAsync(params string[] arguments)
    {
        string[] places = arguments.Contains("--archive") ? ["--audit", Audit] : ["--audit", Audit, "--archive", Archive];
        var output = await RunAsync(0, ["audit", "search", "--json", .. places, .. arguments]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private protected IEnumerable<JsonNode> Events() => Lines().Where(entry => (string?)entry["kind"] == "event");

    private protected IEnumerable<JsonNode> Lines() => LinesOf(Directory.GetFiles(Audit, "journal-*"));

    private protected static IEnumerable<JsonNode> LinesOf(IEnumerable<string> files) => files.Order(StringComparer.Ordinal)
        .SelectMany(file => Encoding.UTF8.GetString(PlainBytes.Of(file)).TrimEnd('\0').Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(line => JsonNode.Parse(line[65..])!);

    private protected IEnumerable<(string Id, string? Pseudonym)> Records() => Lines().Where(entry => (string?)entry["kind"] == "open").Select(entry => ((string)entry["id"]!, (string?)entry["user"]));

    private protected static IEnumerable<(string Id, string Direction, string Data)> SealedTexts(IEnumerable<JsonNode> entries)
    {
        foreach (var entry in entries)
        {
            foreach (var direction in new[] { "request", "response" })
            {
                if ((string?)entry[direction]?["text"]?["data"] is { } data) yield return ((string)entry["id"]!, direction, data);
            }
        }
    }
}
