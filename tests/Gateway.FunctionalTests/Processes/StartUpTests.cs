using System.Net;
using System.Net.Sockets;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Processes;

/// <summary>A start that cannot succeed says why, once, and leaves.</summary>
[Collection(OneAtATime.Name)]
public sealed class StartUpTests
{
    [Fact]
    public async Task Start_WithALexiconOfABadLine_NamesFileAndLine() =>
        await AssertFailsAsync(new GatewaySetup { Lexicon = $"# comment\n{TestLexicon.Block}\tviolence-obscenity\tblock\nno tabs here\n" }, "test.tsv", "3");

    [Fact]
    public async Task Start_WithALexiconOfAnUnknownRisk_NamesFileLineAndTheRightOne() =>
        await AssertFailsAsync(new GatewaySetup { Lexicon = "one\tviolence-obsenity\tblock\n" }, "test.tsv", "1", "violence-obscenity");

    [Fact]
    public async Task Start_WithALexiconOfAnUnknownTier_NamesFileAndLine() =>
        await AssertFailsAsync(new GatewaySetup { Lexicon = "\n\none\tviolence-obscenity\tblok\n" }, "test.tsv", "3", "block");

    [Fact]
    public async Task Start_WithATermOfNothingButSeparators_NamesFileAndLine() =>
        await AssertFailsAsync(new GatewaySetup { Lexicon = "one\tviolence-obscenity\tblock\n\u200B\u200B\tviolence-obscenity\tblock\n" }, "test.tsv", "2");

    [Fact]
    public async Task Start_WithAPolicyOfAnUnknownRisk_AsksWhetherAnotherWasMeant() =>
        await AssertFailsAsync(new GatewaySetup { PolicyText = """{"Thresholds":{"subversoin":{"Block":0.9}}}""" }, "default.json", "subversoin", "did you mean", "subversion");

    [Fact]
    public async Task Start_WithAPolicyOfAnUnknownMember_NamesIt() =>
        await AssertFailsAsync(new GatewaySetup { PolicyText = """{"Steam":"Hold"}""" }, "default.json", "Steam");

    [Fact]
    public async Task Start_WithAPolicyOfAnUnknownMode_NamesIt() =>
        await AssertFailsAsync(new GatewaySetup { PolicyText = """{"Stream":"Flood"}""" }, "default.json", "Stream", "Hold");

    [Fact]
    public async Task Start_WithAPolicyThatIsNotJson_NamesTheFile() =>
        await AssertFailsAsync(new GatewaySetup { PolicyText = "{ Stream: Hold" }, "default.json");

    [Fact]
    public async Task Start_WithoutTheModel_NamesTheFile()
    {
        using var files = new TempDirectory();
        await AssertFailsAsync(new GatewaySetup { Classifier = true, Arguments = ["--model", files["nowhere"]] }, files["nowhere"]);
    }

    [Fact]
    public async Task Start_WithAModelThatWasAltered_SaysSo()
    {
        using var files = new TempDirectory();
        var shipped = Directory.GetDirectories(Path.Combine(Repository.Root, "models")).First(folder => File.Exists(Path.Combine(folder, "model.onnx")));
        TempDirectory.Copy(shipped, files["model"]);
        await File.AppendAllTextAsync(files["model/model.onnx"], "x");

        await AssertFailsAsync(new GatewaySetup { Classifier = true, Arguments = ["--model", files["model"]] }, "model.onnx", "SHA-256");
    }

    [Fact]
    public async Task Start_OnAPortInUse_NamesIt()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var port = FreePort.Next();
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));
        taken.Listen();

        await AssertFailsAsync(new GatewaySetup { Port = port }, $"127.0.0.1:{port}");
    }

    [Fact]
    public async Task Start_OnAJournalInUse_SaysSo()
    {
        using var files = new TempDirectory();
        var setup = new GatewaySetup { AuditDirectory = files.Folder("audit") };
        await using var first = await GatewayProcess.StartAsync(setup);

        await AssertFailsAsync(setup, "audit");
        Assert.Equal(HttpStatusCode.OK, await first.ReadinessAsync());
    }

    [Fact]
    public async Task Start_WithoutALexiconFolder_NamesIt()
    {
        using var files = new TempDirectory();
        await AssertFailsAsync(new GatewaySetup { Arguments = ["--lexicons", files["nowhere"]] }, files["nowhere"]);
    }

    [Theory]
    [InlineData("--upstream", "not-a-url")]
    [InlineData("--Gateway:Limits:RequestBytes=-1", "RequestBytes")]
    [InlineData("--Gateway:Limits:Concurrency=many", "Concurrency")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task Start_WithABadArgument_NamesIt(string argument, string named)
    {
        string[] arguments = argument.Contains('=', StringComparison.Ordinal) || argument == named ? [argument] : [argument, named];
        await AssertFailsAsync(new GatewaySetup { Arguments = arguments }, named);
    }

    [Fact]
    public async Task Start_WithSeveralFaults_NamesThemAll() => await AssertFailsAsync(
        new GatewaySetup { Lexicon = "bad line one\nbad line two\n", PolicyText = """{"Stream":"Flood"}""" }, "test.tsv", "1", "2", "default.json");

    [Fact]
    public async Task Start_Ready_LogsLinesOfJsonOnly()
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup());
        gateway.Child.Stop();
        await gateway.Child.ExitedAsync();

        Assert.Equal(0, gateway.Child.ExitCode);
        var lines = gateway.Child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.NotNull(System.Text.Json.Nodes.JsonNode.Parse(line)));
    }

    private static async Task AssertFailsAsync(GatewaySetup setup, params string[] named)
    {
        await using var gateway = GatewayProcess.Launch(setup);
        await gateway.Child.ExitedAsync();
        var said = gateway.Child.Output + gateway.Child.Errors;

        Assert.True(gateway.Child.ExitCode != 0, $"Exit code 0:\n{said}");
        Assert.All(named, word => Assert.Contains(word, said, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", said, StringComparison.OrdinalIgnoreCase);
        Recorded.AssertHolds(said, "the message");
    }
}
