using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Features;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gateway.Onnx.Models;

/// <summary>
/// A loaded model: its graph in the native library, its manifest, and the proof that the two belong together. Safe for
/// several threads; to be disposed after every <see cref="Serving.RiskClassifier"/> that uses it.
/// </summary>
public sealed class ClassifierModel : IDisposable
{
    private ClassifierModel(string directory, ModelManifest manifest, string hash, string fingerprint, InferenceSession session, WordPieceVocabulary? vocabulary, EmbeddingTable? table)
    {
        Directory = directory;
        Manifest = manifest;
        Hash = hash;
        Fingerprint = fingerprint;
        Session = session;
        Vocabulary = vocabulary;
        Table = table;
        SafeIndex = manifest.Output.Labels.ToList().IndexOf(ModelOutput.SafeLabel);
        // The complement of "safe" stands in its place.
        Labels = [.. manifest.Output.Labels.Select(label => label == ModelOutput.SafeLabel ? Detection.AnyLabel : label)];
        AnyIndex = Labels.ToList().IndexOf(Detection.AnyLabel);
        bool[] means = [.. Labels.Select(label => manifest.Output.Pooling.GetValueOrDefault(label) == ModelOutput.Mean)];
        Means = means.Contains(true) ? means : null;
    }

    /// <summary>The folder it was loaded from.</summary>
    public string Directory { get; }

    /// <summary>The manifest.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>SHA-256 of the graph, 64 lower-case hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>SHA-256 of the manifest, which vouches for every other file: two models of one fingerprint answer alike.</summary>
    public string Fingerprint { get; }

    /// <summary>The first 12 digits of <see cref="Hash"/>: what records and caches call this model.</summary>
    public string Version => Hash[..12];

    /// <summary>The labels in output order: <c>any</c> and risks of the taxonomy.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Thresholds per label, as the manifest says. A label without any never decides.</summary>
    public IReadOnlyDictionary<string, LabelThresholds> Thresholds => Manifest.Thresholds;

    internal int AnyIndex { get; }

    /// <summary>The column that says "none of these risks"; -1 without one.</summary>
    internal int SafeIndex { get; }

    /// <summary>By label, whether windows are pooled by their mean; <see langword="null"/> where all are by their maximum.</summary>
    internal bool[]? Means { get; }

    /// <summary>The pieces of words, for a model that reads them.</summary>
    internal WordPieceVocabulary? Vocabulary { get; }

    /// <summary>The table whose rows are summed outside the graph; <see langword="null"/> where the graph does it.</summary>
    internal EmbeddingTable? Table { get; }

    internal InferenceSession Session { get; }

    /// <summary>Loads a model and checks that everything fits: hash, labels, tensors.</summary>
    /// <param name="directory">A folder with <c>manifest.json</c> and <c>model.onnx</c>.</param>
    /// <param name="threads">Threads of the native library per run: 1 for small models, more for one that would be too slow on one core.</param>
    /// <exception cref="ModelFaultException">The folder holds no usable model; every fault found is named.</exception>
    public static ClassifierModel Load(string directory, int threads = 1) => Load(directory, threads, isWhole: false);

    /// <summary>Loads a model; <paramref name="isWhole"/> runs the whole graph even where the gateway could sum the rows of its table.</summary>
    internal static ClassifierModel Load(string directory, int threads, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var faults = new List<string>();
        var manifest = ReadManifest(directory, faults, out var fingerprint);
        if (manifest is null) throw new ModelFaultException(directory, faults);

        manifest.AddFaults(faults);
        AddTaxonomyFaults(manifest, faults);
        var graph = ReadVerified(directory, manifest, faults);
        if (graph is null || faults.Count > 0) throw new ModelFaultException(directory, faults);

        byte[]? behind = null;
        var vocabulary = manifest.Input.Kind == ModelInput.WordPieces
            ? WordPieceVocabulary.Read(File.ReadLines(Path.Combine(directory, manifest.Input.WordPiece.Vocabulary)), faults)
            : null;
        var table = manifest.Input.IsSummed && !isWhole ? ReadTable(graph, manifest.Input, faults, out behind) : null;
        var session = faults.Count == 0 ? OpenSession(behind ?? graph, threads, faults) : null;
        if (session is not null) AddTensorFaults(manifest, table, session, faults);
        if (session is null || faults.Count > 0)
        {
            session?.Dispose();
            throw new ModelFaultException(directory, faults);
        }

        return new ClassifierModel(directory, manifest, Hex(SHA256.HashData(graph)), fingerprint, session, vocabulary, table);
    }

    /// <summary>Frees the native session.</summary>
    public void Dispose() => Session.Dispose();

    private static ModelManifest? ReadManifest(string directory, List<string> faults, out string fingerprint)
    {
        var path = Path.Combine(directory, ModelManifest.FileName);
        fingerprint = "";
        try
        {
            var text = File.ReadAllText(path);
            fingerprint = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            return ModelManifest.Parse(text);
        }
        catch (JsonException fault)
        {
            faults.Add($"{ModelManifest.FileName}: {fault.Message}");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            faults.Add($"{path} is missing: a model folder holds {ModelManifest.FileName} and {ModelManifest.ModelFileName}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{path} cannot be read: {fault.Message}");
        }

        return null;
    }

    /// <summary>Reads every named file and compares hashes. The graph's bytes are returned only when they are the ones vouched for.</summary>
    private static byte[]? ReadVerified(string directory, ModelManifest manifest, List<string> faults)
    {
        byte[]? graph = null;
        foreach (var (file, wanted) in manifest.Files.Where(entry => entry.Key == Path.GetFileName(entry.Key)))
        {
            var path = Path.Combine(directory, file);
            try
            {
                var bytes = File.ReadAllBytes(path);
                var found = Hex(SHA256.HashData(bytes));
                if (!string.Equals(found, wanted, StringComparison.OrdinalIgnoreCase))
                    faults.Add($"{file} is not the file the manifest vouches for: its SHA-256 is {found}, the manifest says {wanted}");
                else if (file == ModelManifest.ModelFileName)
                    graph = bytes;
            }
            catch (FileNotFoundException)
            {
                faults.Add($"{path} is missing, though the manifest names it");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{path} cannot be read: {fault.Message}");
            }
        }

        return graph;
    }

    private static void AddTaxonomyFaults(ModelManifest manifest, List<string> faults)
    {
        foreach (var label in manifest.Output.Labels.Where(label => label is not (Detection.AnyLabel or ModelOutput.SafeLabel)))
        {
            if (Taxonomy.Default.IsKnown(label)) continue;
            var remedy = Taxonomy.Default.TrySuggest(label, out var nearest) ? $": did you mean \"{nearest}\"?" : "";
            faults.Add($"{ModelManifest.FileName}: output.labels names \"{label}\", which is no risk of the taxonomy{remedy}");
        }
    }

    /// <summary>The table, and the graph behind the sums of its rows.</summary>
    private static EmbeddingTable? ReadTable(byte[] graph, ModelInput input, List<string> faults, out byte[]? behind)
    {
        behind = null;
        try
        {
            var table = EmbeddingTable.Read(graph, input.TableConstant, input.Ngrams);
            behind = GraphCut.After(graph, input.SumsTensor, table.SumWidth);
            return table;
        }
        catch (InvalidDataException fault)
        {
            faults.Add($"{ModelManifest.ModelFileName}: {fault.Message}");
            return null;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "SessionOptions is disposed by the using; the session is returned.")]
    private static InferenceSession? OpenSession(byte[] graph, int threads, List<string> faults)
    {
        using var options = new SessionOptions
        {
            // Workers are our own threads: a run must neither fan out nor leave a thread spinning when there is nothing to do.
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        try
        {
            return new InferenceSession(graph, options);
        }
        catch (OnnxRuntimeException fault)
        {
            faults.Add($"{ModelManifest.ModelFileName} is refused by the ONNX runtime: {fault.Message}");
            return null;
        }
    }

    private static void AddTensorFaults(ModelManifest manifest, EmbeddingTable? table, InferenceSession session, List<string> faults)
    {
        var input = manifest.Input;
        if (input.Kind == ModelInput.WordPieces)
        {
            string[] tensors = [input.WordPiece.IdsTensor, input.WordPiece.MaskTensor, .. input.WordPiece.TypesTensor.Length == 0 ? Array.Empty<string>() : [input.WordPiece.TypesTensor]];
            foreach (var name in tensors) Check("input", session.InputMetadata, name, TensorElementType.Int64, -1, "[windows, tokens]");
            AddOthers(tensors);
            return;
        }

        (string Name, TensorElementType Type, int Width, string Meaning)[] inputs =
        [
            table is null
                ? (input.IdsTensor, TensorElementType.Int32, input.Ngrams.RowIds, "[rows, input.ngrams.rowIds]")
                : (input.SumsTensor, TensorElementType.Float, table.SumWidth, "[rows, columns]"),
            (input.WindowsTensor, TensorElementType.Float, -1, "[windows, rows]"),
            (input.TraitsTensor, TensorElementType.Float, Features.NgramTraits.Count, "[windows, 4]"),
        ];
        foreach (var (name, type, width, meaning) in inputs) Check("input", session.InputMetadata, name, type, width, meaning);
        AddOthers(inputs.Select(tensor => tensor.Name));

        void AddOthers(IEnumerable<string> named)
        {
            Check("output", session.OutputMetadata, manifest.Output.Tensor, TensorElementType.Float, manifest.Output.Labels.Count, "[windows, labels]");
            foreach (var name in session.InputMetadata.Keys.Except(named, StringComparer.Ordinal))
                faults.Add($"{ModelManifest.ModelFileName} wants an input \"{name}\" that the manifest does not name");
        }

        void Check(string kind, IReadOnlyDictionary<string, NodeMetadata> tensors, string name, TensorElementType type, int width, string meaning)
        {
            if (!tensors.TryGetValue(name, out var found))
                faults.Add($"{ModelManifest.ModelFileName} has no {kind} \"{name}\": it has {string.Join(", ", tensors.Keys)}");
            else if (!found.IsTensor || found.ElementDataType != type)
                faults.Add($"{kind} \"{name}\" holds {(found.IsTensor ? found.ElementDataType.ToString() : "no tensor")}: it must hold {type}");
            else if (found.Dimensions.Length != 2 || !Fits(found.Dimensions[1], width))
                faults.Add($"{kind} \"{name}\" has the shape [{string.Join(", ", found.Dimensions)}]: it must be {meaning}{(width > 0 ? $" with {width} columns" : "")}");
        }

        static bool Fits(int found, int wanted) => found == wanted || found < 0 || wanted < 0;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
