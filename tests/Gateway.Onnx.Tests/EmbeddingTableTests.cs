using System.Text.Json.Nodes;
using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class EmbeddingTableTests
{
    /// <summary>Every width around the 32 bytes that are added at once, with and without finer ids, and rows that overflow 16 bits unless they are widened.</summary>
    [Theory]
    [InlineData(1, 8, 0, 64)]
    [InlineData(2, 24, 2, 32)]
    [InlineData(3, 32, 0, 8)]
    [InlineData(4, 33, 0, 32)]
    [InlineData(5, 60, 3, 40)]
    [InlineData(6, 24, 2, 1024)]
    [InlineData(7, 24, 0, 1024)]
    public void Sum_RandomIds_EqualsAddingOneByOne(int seed, int width, int linearBits, int rowIds)
    {
        var settings = new NgramSettings { Buckets = 1024, LinearBits = linearBits, RowIds = rowIds, WindowRows = 4, StrideRows = 2, PassageRows = 2 };
        using var tiny = new TinyModel(seed, settings: settings, isSummed: true, width: width);
        var table = EmbeddingTable.Read(File.ReadAllBytes(Path.Combine(tiny.Folder, ModelManifest.ModelFileName)), "table", settings);
        var random = new Random(seed);
        foreach (var count in (int[])[0, 1, rowIds - 1, rowIds, rowIds + 1, (3 * rowIds) + 5])
        {
            // Few different ids: their columns add up to the utmost that a row can hold. Padding and repetitions are among them.
            var few = count % 2 == 0;
            int[] ids = [.. Enumerable.Range(0, count).Select(_ => few ? 1 + (random.Next(2) * 4) : random.Next(-settings.HighestId, settings.HighestId + 1))];
            var rows = (count + rowIds - 1) / rowIds;
            var sums = new float[rows * table.SumWidth];
            table.Sum(ids, sums);
            for (var row = 0; row < rows; row++)
            {
                var taken = ids[(row * rowIds)..Math.Min((row + 1) * rowIds, count)];
                for (var d = 0; d < width; d++)
                    Assert.Equal(taken.Sum(id => tiny.Network.Table[(settings.Bucket(id) * width) + d]), sums[(row * table.SumWidth) + d]);
                if (linearBits == 0) continue;
                Assert.Equal(taken.Where(id => id > 0).Sum(id => tiny.Network.Linear[2 * id]), sums[(row * table.SumWidth) + width]);
                Assert.Equal(taken.Where(id => id > 0).Sum(id => tiny.Network.Linear[(2 * id) + 1]), sums[(row * table.SumWidth) + width + 1]);
            }
        }
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(-1025)]
    [InlineData(int.MaxValue)]
    public void Sum_IdOutsideTheTable_IsRefused(int id)
    {
        var settings = new NgramSettings { Buckets = 1024, WindowRows = 4, StrideRows = 2, PassageRows = 2 };
        using var tiny = new TinyModel(settings: settings, isSummed: true);
        var table = EmbeddingTable.Read(File.ReadAllBytes(Path.Combine(tiny.Folder, ModelManifest.ModelFileName)), "table", settings);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Sum([1, id], new float[8]));
    }

    [Theory]
    [InlineData("input/tableConstant", "\"tables\"", "it has no constant \"tables\"")]
    [InlineData("input/tableConstant", "\"output_bias\"", "must be int8 in two dimensions")]
    [InlineData("input/tableConstant", "\"\"", "must both be named, or neither")]
    [InlineData("input/sumsTensor", "\"sum\"", "no node of it makes \"sum\"")]
    [InlineData("input/sumsTensor", "\"logits\"", "has no input \"windows\": it has logits")]
    [InlineData("input/sumsTensor", "\"numbers\"", "refused by the ONNX runtime")]
    [InlineData("input/ngrams/buckets", "2048", "has the shape [4097, 8]: it must be [input.ngrams.buckets + 1")]
    [InlineData("checks", "[]", "must hold texts that prove them")]
    public void Load_TableThatDoesNotFit_NamesWhatIsWrong(string path, string value, string fault)
    {
        using var tiny = new TinyModel(isSummed: true);
        var manifest = Path.Combine(tiny.Folder, ModelManifest.FileName);
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        var keys = path.Split('/');
        var parent = keys[..^1].Aggregate(json, (node, key) => node[key]!);
        parent[keys[^1]] = JsonNode.Parse(value);
        File.WriteAllText(manifest, json.ToJsonString());

        var faults = Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(tiny.Folder)).Faults;
        Assert.Contains(faults, found => found.Contains(fault, StringComparison.Ordinal));
    }

    /// <summary>Every beginning of a model file: cut off anywhere, it is refused and never read past its end.</summary>
    [Fact]
    public void Read_EveryBeginningOfAFile_IsRefused()
    {
        using var tiny = new TinyModel(settings: new NgramSettings { Buckets = 1024, WindowRows = 4, StrideRows = 2, PassageRows = 2 }, isSummed: true);
        var whole = File.ReadAllBytes(Path.Combine(tiny.Folder, ModelManifest.ModelFileName));
        GraphCut.After(whole, "sums", 8);
        for (var length = 1; length < whole.Length; length += Math.Max(1, Math.Min(97, whole.Length - length - 200)))
        {
            var beginning = whole[..length];
            // A file without its last field, the list of operator sets, is whole for Protocol Buffers; ONNX Runtime refuses it.
            if (length >= whole.Length - 6) continue;
            Assert.Throws<InvalidDataException>(() => GraphCut.After(beginning, "sums", 8));
        }
    }
}
