using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gateway.Onnx.Models;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class ClassifierModelTests
{
    [Fact]
    public void Load_SoundFolder_TellsWhatItHolds()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();

        Assert.Equal(TinyModel.DefaultLabels, model.Labels);
        Assert.Equal(tiny.Manifest.Files[ModelManifest.ModelFileName], model.Hash);
        Assert.Equal(model.Hash[..12], model.Version);
        Assert.Equal("tiny", model.Manifest.Name);
        Assert.Equal(0.05f, model.Manifest.Floor);
    }

    [Fact]
    public void Load_FolderMissing_NamesTheManifest() =>
        Assert.Contains("manifest.json is missing", Assert.Single(Refuse("/nowhere/at/all").Faults), StringComparison.Ordinal);

    [Fact]
    public void Load_ModelMissing_NamesTheFile()
    {
        using var tiny = new TinyModel();
        File.Delete(Path.Combine(tiny.Folder, "model.onnx"));
        Assert.Contains("model.onnx is missing", Assert.Single(Refuse(tiny.Folder).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Case_70_Load_OneBitOfTheModelDiffers_NamesBothHashes()
    {
        using var tiny = new TinyModel();
        var path = Path.Combine(tiny.Folder, "model.onnx");
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        var fault = Assert.Single(Refuse(tiny.Folder).Faults);
        Assert.Contains(tiny.Manifest.Files["model.onnx"], fault, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(bytes)), fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_BytesThatAreNoModel_SaysSo()
    {
        using var tiny = new TinyModel();
        byte[] bytes = [1, 2, 3];
        File.WriteAllBytes(Path.Combine(tiny.Folder, "model.onnx"), bytes);
        Edit(tiny, json => json["files"]!["model.onnx"] = Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Contains("refused by the ONNX runtime", Assert.Single(Refuse(tiny.Folder).Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format", "2", "format is 2")]
    [InlineData("name", "\"\"", "name is missing")]
    [InlineData("version", "\" \"", "version is missing")]
    [InlineData("floor", "1.5", "floor is 1.5")]
    [InlineData("flor", "0.1", "flor")]
    [InlineData("name", "null", "name")]
    [InlineData("files", "{}", "files lacks the SHA-256 of model.onnx")]
    [InlineData("files", "{\"../x\":\"00\"}", "only files of the model's own folder")]
    [InlineData("files", "{\"model.onnx\":\"zz\"}", "a SHA-256 has 64 hexadecimal digits")]
    [InlineData("files/vocab.txt", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "vocab.txt is missing")]
    [InlineData("input/kind", "\"wordpieces\"", "input.kind is \"wordpieces\"")]
    [InlineData("input/idsTensor", "\"tokens\"", "has no input \"tokens\": it has ids, windows, traits")]
    [InlineData("input/idsTensor", "\"traits\"", "must hold Int32")]
    [InlineData("input/ngrams/rowIds", "32", "with 32 columns")]
    [InlineData("input/ngrams/buckets", "12", "input.ngrams.buckets is 12")]
    [InlineData("input/ngrams/denseOrder", "6", "input.ngrams.denseOrder is 6")]
    [InlineData("input/ngrams/spacedOrderMax", "9", "input.ngrams.spacedOrderMax is 9")]
    [InlineData("input/ngrams/wordOrder", "4", "input.ngrams.wordOrder is 4")]
    [InlineData("input/ngrams/strideRows", "0", "input.ngrams.strideRows is 0")]
    [InlineData("input/ngrams/passageRows", "40", "input.ngrams.passageRows is 40")]
    [InlineData("output/tensor", "\"answers\"", "has no output \"answers\": it has logits")]
    [InlineData("output/calibration", "\"none\"", "output.calibration is \"none\"")]
    [InlineData("output/labels", "[]", "output.labels is empty")]
    [InlineData("output/labels", "[\"any\"]", "with 1 columns")]
    [InlineData("output/labels", "[\"privacy-right\",\"discrim-gender\",\"discrim-age\",\"discrim-health\"]", "lacks \"any\"")]
    [InlineData("output/labels", "[\"any\",\"privacy-right\",\"privacy-right\",\"discrim-gender\"]", "names \"privacy-right\" 2 times")]
    [InlineData("output/labels", "[\"any\",\"privacy-rigth\",\"discrim-age\",\"discrim-gender\"]", "did you mean \"privacy-right\"?")]
    [InlineData("thresholds", "{\"discrim-age\":{\"block\":0.9,\"label\":0.5,\"cut\":0.9}}", "thresholds names \"discrim-age\", which is not among output.labels")]
    [InlineData("thresholds", "{\"any\":{\"block\":1.9,\"label\":0.5,\"cut\":0.9}}", "thresholds.any must hold block, label and cut from 0 to 1")]
    [InlineData("thresholds", "{\"any\":{\"block\":0.4,\"label\":0.5,\"cut\":0.9}}", "thresholds.any must rise")]
    [InlineData("thresholds", "{\"any\":{\"block\":0.95,\"label\":0.5,\"cut\":0.9}}", "thresholds.any must rise")]
    public void Load_ManifestAtFault_NamesKeyAndValue(string path, string value, string expected)
    {
        using var tiny = new TinyModel();
        Edit(tiny, json =>
        {
            var keys = path.Split('/');
            var node = keys[..^1].Aggregate((JsonNode)json, (at, key) => at[key]!);
            node[keys[^1]] = JsonNode.Parse(value);
        });
        Assert.Contains(Refuse(tiny.Folder).Faults, fault => fault.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_SeveralFaults_NamesAllAtOnce()
    {
        using var tiny = new TinyModel();
        Edit(tiny, json =>
        {
            json["name"] = "";
            json["floor"] = -1;
            json["output"]!["labels"]![1] = "discrim-gendr";
            json["files"]!["model.onnx"] = new string('0', 64);
        });
        var refused = Refuse(tiny.Folder);
        Assert.Equal(4, refused.Faults.Count);
        Assert.All(refused.Faults, fault => Assert.Contains(fault, refused.Message, StringComparison.Ordinal));
    }

    private static ModelFaultException Refuse(string folder) => Assert.Throws<ModelFaultException>(() => ClassifierModel.Load(folder).Dispose());

    private static void Edit(TinyModel tiny, Action<JsonObject> edit)
    {
        var path = Path.Combine(tiny.Folder, ModelManifest.FileName);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
