using System.CommandLine;
using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;

namespace Gateway.Commands;

/// <summary><c>gateway model</c>: measures a model on labelled texts, and says which words carried a score.</summary>
internal static class ModelCommand
{
    private const int BadInput = 2;

    public static Command Make()
    {
        var command = new Command("model", "Measure a model, or ask why it says what it says.");
        command.Subcommands.Add(Eval());
        command.Subcommands.Add(Explain());
        return command;
    }

    private static Command Eval()
    {
        var files = new Argument<string[]>("file") { Description = "Labelled texts: lines {\"text\",\"lang\",\"side\",\"labels\",\"source\"} or pairs {\"family\",\"labels\",\"lang\",\"side\",\"harmful\",\"benign\"}; .gz is unpacked.", Arity = ArgumentArity.OneOrMore };
        var half = new Option<string?>("--half") { Description = "a or b: only that half of the texts (by hash). The shipped model was tuned on a, never on b." };
        var part = new Option<string?>("--part") { Description = "train, steer or test: only that part of the pairs (by hash of the family). The shipped model never saw test." };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of Markdown." };
        var output = new Option<string?>("--out") { Description = "Also write evaluation.json and evaluation.md into this folder." };
        var spelling = new Option<string?>("--spelling") { Description = $"Spell the texts evasively first: {string.Join(", ", EvasiveSpelling.Ways.Keys)}." };
        var model = Model();
        var command = new Command("eval", "Print precision, recall, F1, AUROC, average precision and recall at few false positives per label, language, side and source, with intervals.") { files, half, part, json, output, spelling, model };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(model), async (classifier, token) =>
        {
            var evaluation = new ModelEvalCommand(classifier, parsed.GetValue(half), parsed.GetValue(part), parsed.GetValue(spelling));
            await evaluation.RunAsync(parsed.GetValue(files)!, parsed.GetValue(json), parsed.GetValue(output), Console.Out, token);
        }, cancel));
        return command;
    }

    private static Command Explain()
    {
        var text = new Argument<string>("text") { Description = "The text." };
        var side = new Option<string>("--side") { Description = "prompt or response.", DefaultValueFactory = _ => "prompt" };
        var label = new Option<string?>("--label") { Description = "A label of the model; default: any and the likeliest risk." };
        var top = new Option<int>("--top") { Description = "Pieces to show.", DefaultValueFactory = _ => 8 };
        var model = Model();
        var command = new Command("explain", "Show which words and n-grams carried a score.") { text, side, label, top, model };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(model), async (classifier, token) =>
        {
            if (!CheckCommand.TryParseSide(parsed.GetValue(side), out var textSide)) throw new InvalidDataException("--side is prompt or response.");
            await new ModelExplainCommand(classifier).RunAsync(parsed.GetValue(text)!, textSide, parsed.GetValue(label), parsed.GetValue(top), Console.Out, token);
        }, cancel));
        return command;
    }

    private static Option<string?> Model() => new("--model") { Description = "Directory of the model; default: the shipped one." };

    private static async Task<int> RunAsync(string? directory, Func<RiskClassifier, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            using var meter = new Meter("gateway-model");
            using var model = ClassifierModel.Load(EpochSource.Directories(new GatewayOptions { Model = directory }).Model);
            await using var classifier = new RiskClassifier(
                model, new ClassifierOptions { Budget = TimeSpan.FromMinutes(1) }, new ClassifierMetrics(meter), TimeProvider.System);
            await run(classifier, cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is InvalidDataException or ModelFaultException or ClassifierFaultException or IOException)
        {
            await Console.Error.WriteLineAsync($"gateway: {fault.Message}");
            return BadInput;
        }
    }
}
