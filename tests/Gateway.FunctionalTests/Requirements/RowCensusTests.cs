using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Requirements;

/// <summary>Requirements on what happens at run time: each row of the table "requirement, test" is tested by tests that are named after it (<c>Row05_…</c>).</summary>
public sealed partial class RowCensusTests
{
    private static readonly int[] Rows = [.. Enumerable.Range(5, 5), .. Enumerable.Range(14, 10), .. Enumerable.Range(29, 3), .. Enumerable.Range(33, 9), 44];

    [Fact]
    public void EveryRow_HasATest()
    {
        var named = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Name().Matches(File.ReadAllText(file)))
            .SelectMany(match => match.Groups[1].Captures.Concat(match.Groups[2].Captures).Select(row => int.Parse(row.Value, CultureInfo.InvariantCulture)))
            .ToHashSet();
        var missing = Rows.Where(row => !named.Contains(row));
        Assert.True(!missing.Any(), $"No test is named after these rows (RowNN_…): {string.Join(", ", missing)}");
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void) Row(\d\d)(?:And(\d\d))*_")]
    private static partial Regex Name();
}
