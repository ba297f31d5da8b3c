using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Every case of the bypass catalogue, 1 to 76, is a test named after it, or is named here with the reason why not.</summary>
public sealed partial class CaseCensusTests
{
    private const int Cases = 76;

    private static readonly Dictionary<int, string> Elsewhere = new()
    {
        [52] = "which policy an alias or a model gets is decided by layers of policies: PolicyBookTests",
    };

    [Fact]
    public void EveryCase_HasATestOrAReason()
    {
        var named = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Name().Matches(File.ReadAllText(file)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)))
            .ToHashSet();
        var missing = Enumerable.Range(1, Cases).Where(number => !named.Contains(number) && !Elsewhere.ContainsKey(number));
        Assert.True(!missing.Any(), $"No test is named after these cases (Case_NN_…): {string.Join(", ", missing)}");
        Assert.DoesNotContain(Elsewhere.Keys, named.Contains);
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void) Case_(\d+)_")]
    private static partial Regex Name();
}
