using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Gateway.Tests.Architecture;

/// <summary>DESIGN.md, section 2, as a test.</summary>
public partial class DependencyTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Gateway.Inspection", "")]
    [InlineData("Gateway.Audit", "")]
    [InlineData("Gateway.Onnx", "Gateway.Inspection")]
    [InlineData("Gateway.Training", "Gateway.Inspection Gateway.Onnx")]
    [InlineData("Gateway", "Gateway.Audit Gateway.Inspection Gateway.Onnx")]
    public void Project_References_AreThoseOfTheDesign(string project, string expected)
    {
        var file = XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj"));
        var references = file.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Equal(expected, string.Join(' ', references.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("Gateway.Inspection")]
    [InlineData("Gateway.Audit")]
    public void Project_ThatAnAuditorReads_UsesTheBaseClassLibraryAlone(string project) =>
        Assert.Empty(XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj")).Descendants("PackageReference"));

    [Theory]
    [InlineData("Protocols")]
    [InlineData("Configuration")]
    public void Folder_BelowTheProxy_DoesNotKnowIt(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "src", "Gateway", folder), "*.cs"))
        {
            Assert.DoesNotContain("using Gateway.Proxy", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Interfaces_OfOurOwn_AreTheThreeSeams()
    {
        var declared = Sources().SelectMany(file => InterfacePattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        Assert.Equal(["IAuditSink", "IDetector", "IProtocol"], declared.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FileNames_SayWhatIsInThem()
    {
        var vague = Sources().Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => VaguePattern().IsMatch(name));
        Assert.Empty(vague);
    }

    [Fact]
    public void Design_MentionsOnlyFilesThatExist()
    {
        var files = Sources().Select(file => Path.GetFileName(file)).ToHashSet(StringComparer.Ordinal);
        var mentioned = FilePattern().Matches(File.ReadAllText(Path.Combine(Root, "src", "DESIGN.md"))).Select(match => match.Value).Distinct();
        Assert.All(mentioned, name => Assert.Contains(name, files));
    }

    private static IEnumerable<string> Sources() => Directory
        .EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Gateway.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    [GeneratedRegex(@"^\s*(?:public|internal)?\s*(?:partial )?interface (I\w+)", RegexOptions.Multiline)]
    private static partial Regex InterfacePattern();

    [GeneratedRegex("(Manager|Helper|Utils|Common|Base|Impl|Service|Extensions)$")]
    private static partial Regex VaguePattern();

    [GeneratedRegex(@"\b[A-Z]\w+\.cs\b")]
    private static partial Regex FilePattern();
}
