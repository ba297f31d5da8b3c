using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary>How long a record is kept follows the retention class of the policy that decided.</summary>
public sealed class RetentionClassTests
{
    private static readonly GatewaySetup Setup = new()
    {
        Files = new Dictionary<string, string>
        {
            ["policies/base.json"] = """{"Retention":"digest"}""",
            ["policies/short.json"] = """{"Models":["short"],"Retention":"digest"}""",
            ["policies/longer.json"] = """{"Models":["longer"],"Retention":"evidence"}""",
            ["policies/longest.json"] = """{"Models":["longest"],"Retention":"full"}""",
        },
    };

    [Theory]
    [InlineData("short", null)]
    [InlineData("longer", 12)]
    [InlineData("longest", 24)]
    public async Task Record_OfAClass_AsksForTheMonthsOfThatClass(string model, int? months)
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(Setup with { Upstream = stub.Address, Arguments = ["--Gateway:Audit:RetentionClasses:evidence=12", "--Gateway:Audit:RetentionClasses:full=24"] });

        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello"}]}"""), null);
        using var response = await host.Client.SendAsync(request);
        var exchange = await Exchange.ReadAsync(response);

        Assert.Equal(months, (int?)Assert.Single(host.Audit.Find(exchange.Id!)).Json["retentionMonths"]);

        // The archive's manifest takes over what its records ask for, and with it how long the segment stays.
        await host.StopAsync();
        await using var archiver = await ChildProcess.RunAsync(Repository.GatewayBinary, ["archive", "--audit", host.Audit.Path, "--to", host.Files["archive"], "--once"]);
        Assert.True(archiver.ExitCode == 0, archiver.Errors);
        var manifest = JsonNode.Parse(File.ReadLines(Assert.Single(Directory.EnumerateFiles(host.Files["archive"], "*manifest*", SearchOption.AllDirectories))).First())!;
        Assert.Equal(months, (int?)manifest["retentionMonths"]);
    }

    [Theory]
    [InlineData("--Gateway:Audit:RetentionClasses:full=5", "Gateway:Audit:RetentionClasses:full is '5', but must be from 6 (Gateway:Audit:RetentionMonths, which everything is kept) to 255.")]
    [InlineData("--Gateway:Audit:RetentionClasses:digest=300", "Gateway:Audit:RetentionClasses:digest is '300'")]
    [InlineData("--Gateway:Audit:RetentionClasses:forever=12", "of a class that policies can name: digest, evidence or full.")]
    public async Task Months_OutsideTheRule_StopTheStart(string argument, string fault) =>
        Assert.Contains(fault, (await Assert.ThrowsAnyAsync<Exception>(() => GatewayTestHost.StartAsync(Setup with { Arguments = [argument] }))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Months_BelowThoseOfEverything_StopTheStart() =>
        Assert.Contains("from 12 ", (await Assert.ThrowsAnyAsync<Exception>(() => GatewayTestHost.StartAsync(Setup with { Arguments = ["--Gateway:Audit:RetentionMonths=12", "--Gateway:Audit:RetentionClasses:full=7"] }))).Message, StringComparison.Ordinal);
}
