using System.CommandLine;
using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Gateway.Training.Data;
using Gateway.Training.Evaluation;
using Gateway.Training.Export;
using Gateway.Training.Learning;

namespace Gateway.Training;

/// <summary><c>gateway-train</c>: from examples to the folder of a model.</summary>
internal static class TrainCommand
{
    /// <summary>Environment variable that names the data when <c>--data</c> does not.</summary>
    public const string DataVariable = "GATEWAY_DATA";

    private const int BadInput = 2;

    public static RootCommand Make()
    {
        var data = new Option<string?>("--data") { Description = $"Folder with data/train.jsonl.gz and data/dev.jsonl.gz; default: the variable {DataVariable}." };
        var output = new Option<string>("--out") { Description = "Folder of the model to write.", Required = true };
        var seed = new Option<int>("--seed") { Description = "Seed: the same seed on the same data gives the same model.", DefaultValueFactory = _ => 1 };
        var minutes = new Option<double>("--minutes") { Description = "No further pass begins after so many minutes.", DefaultValueFactory = _ => 20 };
        var version = new Option<string>("--version-name") { Description = "Version written to the manifest.", DefaultValueFactory = _ => "1" };
        var command = new RootCommand("Trains the risk classifier and writes model.onnx, manifest.json and MODEL_CARD.md.") { data, output, seed, minutes, version };
        command.SetAction(parsed => Run(
            parsed.GetValue(data) ?? Environment.GetEnvironmentVariable(DataVariable),
            parsed.GetValue(output)!,
            parsed.GetValue(seed),
            TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            parsed.GetValue(version)!,
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string? data, string output, int seed, TimeSpan limit, string version, TextWriter progress, TextWriter errors)
    {
        if (string.IsNullOrEmpty(data))
        {
            errors.WriteLine($"No data: give --data DIR or set {DataVariable} to a folder with data/train.jsonl.gz and data/dev.jsonl.gz.");
            return BadInput;
        }

        var (train, dev) = (Path.Combine(data, "data", "train.jsonl.gz"), Path.Combine(data, "data", "dev.jsonl.gz"));
        if (new[] { train, dev }.FirstOrDefault(path => !File.Exists(path)) is { } missing)
        {
            errors.WriteLine($"{missing} is missing: --data (or {DataVariable}) must name a folder with data/train.jsonl.gz and data/dev.jsonl.gz.");
            return BadInput;
        }

        try
        {
            Train(ExampleFile.Read(train), ExampleFile.Read(dev), output, seed, limit, version, progress);
            return 0;
        }
        catch (InvalidDataException fault)
        {
            errors.WriteLine(fault.Message);
            return BadInput;
        }
    }

    private static void Train(IEnumerable<Example> train, IEnumerable<Example> dev, string output, int seed, TimeSpan limit, string version, TextWriter progress)
    {
        var ngrams = new NgramSettings();
        var trained = new Trainer(ngrams, new LearningSettings(), progress).Train([.. train], [.. dev], seed, limit);
        var manifest = ModelFolder.Write(output, trained.Network, new ModelManifest
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))),
            Version = version,
            Thresholds = trained.Thresholds,
        });

        var difference = GraphCheck.LargestDifference(output, trained.Network, trained.DevB);
        progress.WriteLine($"largest difference between graph and plain forward pass: {difference:g2}");
        if (!(difference < GraphCheck.Tolerance)) throw new InvalidOperationException("the exported graph does not compute what was trained");

        var report = new Report(trained);
        progress.WriteLine(report.Summary());
        File.WriteAllText(Path.Combine(output, "MODEL_CARD.md"), ModelCard.Write(manifest, trained, report, $"gateway-train --data DIR --out {output} --seed {seed}"));
    }
}
