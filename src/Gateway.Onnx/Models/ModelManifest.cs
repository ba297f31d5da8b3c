using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Models;

/// <summary>The text beside a model, <c>manifest.json</c>, that says how to feed it and what its answers mean.</summary>
public sealed record ModelManifest
{
    /// <summary>Name of the manifest in the model's folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Name of the graph in the model's folder.</summary>
    public const string ModelFileName = "model.onnx";

    /// <summary>Edition of the manifest's own form. 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Name of the model, part of every rule it fires: <c>risk-zh-en</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Version given by who trained it.</summary>
    public string Version { get; init; } = "";

    /// <summary>SHA-256 (64 hexadecimal digits) of each file of the model; <c>model.onnx</c> must be among them.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>What the model reads.</summary>
    public ModelInput Input { get; init; } = new();

    /// <summary>What it answers.</summary>
    public ModelOutput Output { get; init; } = new();

    /// <summary>Thresholds per label. A label without any is recorded and never decides.</summary>
    public IReadOnlyDictionary<string, LabelThresholds> Thresholds { get; init; } = new Dictionary<string, LabelThresholds>();

    /// <summary>Texts with known scores, judged before the model serves. Default: none.</summary>
    public IReadOnlyList<ModelCheck> Checks { get; init; } = [];

    /// <summary>Probabilities below this are not reported as findings. 0 to 1, default 0.05.</summary>
    public float Floor { get; init; } = 0.05f;

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // A file beside the model, read by people: its texts need no escapes for web pages.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    /// <summary>Parses a manifest.</summary>
    /// <param name="json">The text of <c>manifest.json</c>.</param>
    /// <exception cref="JsonException">The text is no JSON, or has members that a manifest does not know.</exception>
    public static ModelManifest Parse(string json) =>
        JsonSerializer.Deserialize<ModelManifest>(json, Json) ?? throw new JsonException("a manifest is an object, not null");

    internal string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Adds a sentence for everything in the manifest that cannot be right, whatever the model file holds.</summary>
    internal void AddFaults(List<string> faults)
    {
        if (Format != 1) faults.Add($"{FileName}: format is {Format}: this gateway reads format 1");
        if (string.IsNullOrWhiteSpace(Name)) faults.Add($"{FileName}: name is missing");
        if (string.IsNullOrWhiteSpace(Version)) faults.Add($"{FileName}: version is missing");
        if (Input.Kind == ModelInput.HashedNgrams) Input.Ngrams.AddFaults(faults);
        else if (Input.Kind == ModelInput.WordPieces) Input.WordPiece.AddFaults(faults, Files);
        else faults.Add($"{FileName}: input.kind is \"{Input.Kind}\": it must be \"{ModelInput.HashedNgrams}\" or \"{ModelInput.WordPieces}\"");
        if ((Input.TableConstant.Length > 0) != (Input.SumsTensor.Length > 0)) faults.Add($"{FileName}: input.tableConstant and input.sumsTensor must both be named, or neither");
        if (Input.IsSummed && Checks.Count == 0) faults.Add($"{FileName}: checks is empty: a model whose sums are made outside its graph (input.sumsTensor) must hold texts that prove them");
        if (Output.Activation is not (ModelOutput.Sigmoid or ModelOutput.Softmax))
            faults.Add($"{FileName}: output.activation is \"{Output.Activation}\": it must be \"{ModelOutput.Sigmoid}\" or \"{ModelOutput.Softmax}\"");
        if (Output.Calibration != ModelOutput.CalibratedInGraph)
            faults.Add($"{FileName}: output.calibration is \"{Output.Calibration}\": it must be \"{ModelOutput.CalibratedInGraph}\"");
        if (!IsProbability(Floor)) faults.Add($"{FileName}: floor is {Floor}: it must be 0 to 1");
        AddFileFaults(faults);
        AddLabelFaults(faults);
        AddPoolingFaults(faults);
        AddCheckFaults(faults);
    }

    /// <summary>Whether the model answers for a label; <c>any</c> may be what <c>safe</c> leaves over.</summary>
    private bool Answers(string label) =>
        Output.Labels.Contains(label, StringComparer.Ordinal) || (label == Detection.AnyLabel && Output.Labels.Contains(ModelOutput.SafeLabel, StringComparer.Ordinal));

    private void AddPoolingFaults(List<string> faults)
    {
        foreach (var (label, pooling) in Output.Pooling)
        {
            if (!Answers(label) || label == ModelOutput.SafeLabel) faults.Add($"{FileName}: output.pooling names \"{label}\", which is not among output.labels");
            if (pooling is not (ModelOutput.Max or ModelOutput.Mean))
                faults.Add($"{FileName}: output.pooling.{label} is \"{pooling}\": it must be \"{ModelOutput.Max}\" or \"{ModelOutput.Mean}\"");
        }
    }

    private void AddCheckFaults(List<string> faults)
    {
        for (var i = 0; i < Checks.Count; i++)
        {
            var check = Checks[i];
            if (check.Text.Length == 0 || check.Scores.Count == 0) faults.Add($"{FileName}: checks[{i}] must hold a text and scores");
            if (check.Side is not ("prompt" or "response")) faults.Add($"{FileName}: checks[{i}].side is \"{check.Side}\": it must be prompt or response");
            if (!IsProbability(check.Tolerance) || check.Scores.Values.Any(score => !IsProbability(score))) faults.Add($"{FileName}: checks[{i}] must hold scores and a tolerance from 0 to 1");
            foreach (var label in check.Scores.Keys.Where(label => !Answers(label) || label == ModelOutput.SafeLabel))
                faults.Add($"{FileName}: checks[{i}].scores names \"{label}\", which is not among output.labels");
        }
    }

    private void AddFileFaults(List<string> faults)
    {
        if (!Files.ContainsKey(ModelFileName)) faults.Add($"{FileName}: files lacks the SHA-256 of {ModelFileName}");
        foreach (var (file, hash) in Files)
        {
            if (file != Path.GetFileName(file) || file.Length == 0)
                faults.Add($"{FileName}: files names \"{file}\": only files of the model's own folder may be named");
            if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit))
                faults.Add($"{FileName}: files.{file} is \"{hash}\": a SHA-256 has 64 hexadecimal digits");
        }
    }

    private void AddLabelFaults(List<string> faults)
    {
        if (Output.Labels.Count == 0) faults.Add($"{FileName}: output.labels is empty");
        else if (Output.Labels.Contains(ModelOutput.SafeLabel, StringComparer.Ordinal))
        {
            if (Output.Activation != ModelOutput.Softmax) faults.Add($"{FileName}: output.labels names \"{ModelOutput.SafeLabel}\", which only classes that exclude one another can have: output.activation must be \"{ModelOutput.Softmax}\"");
            if (Output.Labels.Contains(Detection.AnyLabel, StringComparer.Ordinal)) faults.Add($"{FileName}: output.labels names both \"{Detection.AnyLabel}\" and \"{ModelOutput.SafeLabel}\": one says what the other leaves over");
        }
        else if (!Output.Labels.Contains(Detection.AnyLabel, StringComparer.Ordinal))
            faults.Add($"{FileName}: output.labels lacks \"{Detection.AnyLabel}\", the probability of harm of any kind");
        foreach (var twice in Output.Labels.GroupBy(label => label, StringComparer.Ordinal).Where(group => group.Count() > 1))
            faults.Add($"{FileName}: output.labels names \"{twice.Key}\" {twice.Count()} times");

        foreach (var (label, thresholds) in Thresholds)
        {
            if (!Answers(label))
                faults.Add($"{FileName}: thresholds names \"{label}\", which is not among output.labels");
            if (!IsProbability(thresholds.Block) || !IsProbability(thresholds.Label) || !IsProbability(thresholds.Cut))
                faults.Add($"{FileName}: thresholds.{label} must hold block, label and cut from 0 to 1");
            else if (thresholds.Label > thresholds.Block || thresholds.Block > thresholds.Cut)
                faults.Add($"{FileName}: thresholds.{label} must rise from label ({thresholds.Label}) over block ({thresholds.Block}) to cut ({thresholds.Cut})");
        }
    }

    private static bool IsProbability(float value) => value is >= 0f and <= 1f;
}
