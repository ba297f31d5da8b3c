using System.Globalization;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Training.Evaluation;
using Gateway.Training.Export;
using Gateway.Training.Learning;

namespace Gateway.Training;

/// <summary>Trains, writes the folder of the model, checks the graph against the forward pass, and reports.</summary>
internal sealed class TrainingJob(TrainingPlan plan, TrainingData data, string output, int seed, TimeSpan limit, string version, string? checkpoint, TextWriter progress)
{
    public void Run(IReadOnlyList<string> leaveOut, string command)
    {
        var draft = new ModelManifest { Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))), Version = version };
        // What is best so far can be served and measured, should training be stopped; it is neither calibrated nor has it thresholds.
        Action<BagNetwork>? keep = checkpoint is null ? null : network => ModelFolder.Write(checkpoint, network, draft with { Checks = SelfTest.Of(network) });
        var bar = new ProgressBar(progress, ReferenceEquals(progress, Console.Out) && !Console.IsOutputRedirected);
        var trained = new Trainer(plan, progress, bar, keep).Train(data, seed, limit);
        var manifest = ModelFolder.Write(output, trained.Network, draft with { Thresholds = trained.Thresholds, Checks = SelfTest.Of(trained.Network) });

        var difference = GraphCheck.LargestDifference(output, trained.Network, trained.DevB);
        progress.WriteLine($"largest difference between graph and plain forward pass: {difference:g2}");
        if (!(difference < GraphCheck.Tolerance)) throw new InvalidOperationException("the exported graph does not compute what was trained");

        var report = new Report(trained);
        progress.WriteLine(report.Summary());
        File.WriteAllText(Path.Combine(output, "MODEL_CARD.md"), ModelCard.Write(manifest, trained, report, [.. leaveOut.Select(source => Unseen(source, report))], command));
    }

    /// <summary>What a model taught without a source is worth on it, beside the model taught with it.</summary>
    private UnseenSource Unseen(string source, Report report)
    {
        if (data.Train.All(example => example.Source != source)) throw new InvalidDataException($"--leave-out names {source}, which no training text comes from");
        var without = new Trainer(plan, TextWriter.Null).Train(data.Without(source), seed, limit);
        var unseen = new UnseenSource(source, Measure(report.Trained, source), Measure(without, source));
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without {source}: {unseen.With} with, {unseen.Without} without"));
        return unseen;
    }

    /// <summary>Harmful texts of the source beside the harmless ones of all sources; its harmless texts by what is flagged.</summary>
    private string Measure(TrainedModel model, string source)
    {
        var dev = data.Dev.Where(example => !DevHalf.IsA(example)).ToArray();
        var own = model.Evaluate([.. dev.Where(example => example.Source == source)]).All;
        var all = model.Evaluate([.. dev.Where(example => example.IsBenign || example.Source == source)]);
        return own.Positives > 0
            ? string.Create(CultureInfo.InvariantCulture, $"AUROC {all.All.Auroc.Value:0.000}, harm flagged {100 * own.CaughtByLabel:0} %")
            : string.Create(CultureInfo.InvariantCulture, $"harmless flagged {100 * own.Labelled:0.0} %, blocked {100 * own.Blocked:0.0} %");
    }
}
