using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Training.Data;
using Gateway.Training.Learning;

namespace Gateway.Training;

/// <summary><c>gateway-train</c>: from examples to the folder of a model.</summary>
internal static class TrainCommand
{
    /// <summary>Environment variable that names the data when <c>--data</c> does not.</summary>
    public const string DataVariable = "GATEWAY_DATA";

    private const int BadInput = 2;

    /// <summary>Which lines of the corpus are taken is the same for every seed.</summary>
    private const int CorpusSeed = 3;

    public static RootCommand Make()
    {
        var data = new Option<string?>("--data") { Description = $"Folder with data/train.jsonl.gz and data/dev.jsonl.gz; default: the variable {DataVariable}." };
        var own = new Option<string?>("--own") { Description = "Folder with pairs of one's own, *.jsonl; a fifth of their families is never trained on." };
        var corpus = new Option<string?>("--corpus") { Description = "Folder with zh.txt.xz and en.txt.xz, a public corpus: of its harmless texts those that look most harmful teach, too." };
        var output = new Option<string>("--out") { Description = "Folder of the model to write.", Required = true };
        var seed = new Option<int>("--seed") { Description = "Seed: the same seed on the same data gives the same model.", DefaultValueFactory = _ => 1 };
        var minutes = new Option<double>("--minutes") { Description = "No further pass begins after so many minutes.", DefaultValueFactory = _ => 20 };
        var version = new Option<string>("--version-name") { Description = "Version written to the manifest.", DefaultValueFactory = _ => "6" };
        var plan = new Option<string?>("--plan") { Description = "File of JSON that changes features or learning: {\"ngrams\":{…},\"learning\":{…}}." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "Folder that always holds the best model so far, without calibration and thresholds." };
        var leaveOut = new Option<string[]>("--leave-out") { Description = "After training, train again without each of these sources in turn and report on them; goes into the card.", AllowMultipleArgumentsPerToken = true };
        var command = new RootCommand("Trains the risk classifier and writes model.onnx, manifest.json and MODEL_CARD.md.") { data, own, corpus, output, seed, minutes, version, plan, checkpoint, leaveOut };
        command.SetAction(parsed =>
        {
            var (progress, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            try
            {
                var texts = Read(parsed.GetValue(data) ?? Environment.GetEnvironmentVariable(DataVariable), parsed.GetValue(own), parsed.GetValue(corpus));
                var job = new TrainingJob(
                    ReadPlan(parsed.GetValue(plan)), texts, parsed.GetValue(output)!, parsed.GetValue(seed),
                    TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(version)!, parsed.GetValue(checkpoint), progress);
                job.Run(parsed.GetValue(leaveOut) ?? [], string.Create(CultureInfo.InvariantCulture,
                    $"gateway-train --data DIR{(parsed.GetValue(own) is null ? "" : " --own models/risk-zh-en/data")}{(parsed.GetValue(corpus) is null ? "" : " --corpus DIR/corpus")} --out {parsed.GetValue(output)} --seed {parsed.GetValue(seed)}"));
                return 0;
            }
            catch (InvalidDataException fault)
            {
                errors.WriteLine(fault.Message);
                return BadInput;
            }
        });
        return command;
    }

    /// <exception cref="InvalidDataException">Something is missing or at fault.</exception>
    private static TrainingData Read(string? data, string? own, string? corpus)
    {
        if (string.IsNullOrEmpty(data))
            throw new InvalidDataException($"No data: give --data DIR or set {DataVariable} to a folder with data/train.jsonl.gz and data/dev.jsonl.gz.");
        var (train, dev) = (Path.Combine(data, "data", "train.jsonl.gz"), Path.Combine(data, "data", "dev.jsonl.gz"));
        if (new[] { train, dev }.FirstOrDefault(path => !File.Exists(path)) is { } missing)
            throw new InvalidDataException($"{missing} is missing: --data (or {DataVariable}) must name a folder with data/train.jsonl.gz and data/dev.jsonl.gz.");
        if (own is not null && !Directory.Exists(own)) throw new InvalidDataException($"{own} is missing: --own must name a folder with pairs, *.jsonl.");
        return new TrainingData([.. ExampleFile.Read(train)], [.. ExampleFile.Read(dev)], own is null ? null : OwnPairs.Read(own), corpus is null ? [] : [.. Corpus.Read(corpus, CorpusSeed)]);
    }

    private static TrainingPlan ReadPlan(string? path)
    {
        if (path is null) return new TrainingPlan();
        try
        {
            var plan = JsonSerializer.Deserialize<TrainingPlan>(File.ReadAllText(path), ModelManifest.Json) ?? throw new InvalidDataException($"{path}: a plan is an object, not null");
            var faults = new List<string>();
            plan.Ngrams.AddFaults(faults);
            return faults.Count == 0 ? plan : throw new InvalidDataException($"{path}: {string.Join("; ", faults)}");
        }
        catch (Exception fault) when (fault is JsonException or IOException)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }
}
