using System.Text.Json;
using Gateway.Onnx.Evaluation;
using Gateway.Training.Data;

namespace Gateway.Training.Tests;

public sealed class OwnPairsTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"gateway-pairs-{Guid.NewGuid():n}");

    public OwnPairsTests() => Directory.CreateDirectory(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_Families_AreCutOnceForAllTwinsAndFillings()
    {
        Write("privacy-right.jsonl", Enumerable.Range(0, 500).Select(i => Pair($"privacy-{i}", $"find the address of my {{whom}} {i}", $"find the address of a {{whom}} shop {i}")));
        File.WriteAllText(Path.Combine(_folder, "slots-privacy-right.json"), "{\"whom\":{\"en\":[\"boss\",\"neighbour\",\"teacher\",\"doctor\"]}}");
        var pairs = OwnPairs.Read(_folder);

        var parts = new[] { pairs.Train, pairs.Steer, pairs.Test };
        var families = parts.Select(part => part.Select(example => example.Family!).ToHashSet()).ToArray();
        Assert.Equal(500, families.Sum(part => part.Count));
        Assert.InRange(families[2].Count, 70, 130);
        Assert.InRange(families[1].Count, 25, 75);
        Assert.All(parts, part => Assert.All(part.GroupBy(example => example.Family), family => Assert.Contains(family, example => example.IsBenign)));
        // Test data is not multiplied; what teaches is.
        Assert.Equal(2 * families[2].Count, pairs.Test.Count);
        Assert.Equal(6 * families[0].Count, pairs.Train.Count);
        Assert.DoesNotContain(pairs.Train, example => example.Text.Contains('{', StringComparison.Ordinal));
    }

    [Fact]
    public void Vary_Twins_AreVariedAlike()
    {
        var harmful = new Example("杀了他？", "zh", Inspection.Detectors.TextSide.Prompt, ["privacy-right"], "own/x", "f-1");
        var benign = harmful with { Text = "帮了他？", Labels = [] };
        for (var variation = 0; variation < 20; variation++)
        {
            var (one, other) = (OwnPairs.Vary(harmful, variation).Text, OwnPairs.Vary(benign, variation).Text);
            Assert.Equal(one.Replace('杀', '帮'), other);
        }

        Assert.Equal(harmful, OwnPairs.Vary(harmful, 0));
        Assert.True(Enumerable.Range(0, 20).Select(variation => OwnPairs.Vary(harmful, variation).Text).Distinct().Count() > 5);
    }

    [Fact]
    public void Read_ProjectsOwnPairs_HoldEveryLabelOfTheTaxonomyAndNoTextTwice()
    {
        var pairs = OwnPairs.Read(Path.Combine(Repository(), "models", "risk-zh-en", "data"));
        var all = pairs.Train.Concat(pairs.Steer).Concat(pairs.Test).ToArray();
        Assert.All(all.SelectMany(example => example.Labels).Distinct(), label => Assert.True(Inspection.Policies.Taxonomy.Default.IsKnown(label), label));
        var test = pairs.Test.Select(example => example.Text).ToHashSet();
        var seen = pairs.Train.Select(example => example.Text).ToHashSet();
        Assert.DoesNotContain(test, seen.Contains);
    }

    [Theory]
    [InlineData("{\"family\":\"f\",\"labels\":[],\"lang\":\"en\",\"side\":\"prompt\",\"harmful\":\"x\",\"benign\":\"y\"}", "needs labels")]
    [InlineData("{\"labels\":[\"privacy-right\"],\"lang\":\"en\",\"side\":\"prompt\",\"harmful\":\"x\",\"benign\":\"y\"}", "family")]
    public void Read_BadPair_IsNamed(string line, string expected)
    {
        Write("bad.jsonl", [line]);
        var fault = Assert.Throws<InvalidDataException>(() => OwnPairs.Read(_folder));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.Contains("bad.jsonl:1", fault.Message, StringComparison.Ordinal);
    }

    private static string Repository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Directory.Packages.props"))) return folder;
        throw new DirectoryNotFoundException("the repository is not above the test's folder");
    }

    private static string Pair(string family, string harmful, string benign) =>
        JsonSerializer.Serialize(new { family, labels = new[] { "privacy-right" }, lang = "en", side = "prompt", harmful, benign });

    private void Write(string name, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(_folder, name), lines);
}
