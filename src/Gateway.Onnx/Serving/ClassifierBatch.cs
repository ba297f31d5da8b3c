using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Microsoft.ML.OnnxRuntime;

namespace Gateway.Onnx.Serving;

/// <summary>
/// The tensors of one run, in pinned memory that the native library reads in place. Rows of ids, or their sums, come first; each window
/// says which rows it sums. One worker's own.
/// </summary>
internal sealed class ClassifierBatch
{
    private readonly ClassifierModel _model;
    private readonly NgramSettings _settings;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly int[] _ids;
    private readonly float[] _sums;
    private readonly int _sumWidth;
    private readonly Window[] _pending;
    private readonly float[] _traits;
    private readonly float[] _scores;
    private float[] _windows;

    public ClassifierBatch(ClassifierModel model, ClassifierOptions options)
    {
        _model = model;
        _settings = model.Manifest.Input.Ngrams;
        RowCapacity = Math.Max(options.BatchRows, _settings.WindowRows);
        // A text has one window, one more for each stride of rows past the first, and passages likewise.
        WindowCapacity = (2 * options.BatchItems) + (RowCapacity / _settings.StrideRows)
            + (_settings.PassageRows == 0 ? 0 : RowCapacity / _settings.PassageStrideRows) + 2;
        var input = model.Manifest.Input;
        _inputNames = [model.Table is null ? input.IdsTensor : input.SumsTensor, input.WindowsTensor, input.TraitsTensor];
        _outputNames = [model.Manifest.Output.Tensor];
        _ids = model.Table is null ? Pinned<int>(RowCapacity * _settings.RowIds) : [];
        _sumWidth = model.Table?.SumWidth ?? 0;
        _sums = Pinned<float>(RowCapacity * _sumWidth);
        _pending = new Window[WindowCapacity];
        _traits = Pinned<float>(WindowCapacity * NgramTraits.Count);
        _scores = Pinned<float>(WindowCapacity * model.Labels.Count);
        _windows = Pinned<float>(WindowCapacity * 16);
    }

    public int RowCapacity { get; }

    public int WindowCapacity { get; }

    public int Rows { get; private set; }

    public int Windows { get; private set; }

    public void Clear()
    {
        Rows = 0;
        Windows = 0;
    }

    /// <summary>Sums rows of ids into the next rows of the tensor, or where the graph sums them, copies them there and pads the last.</summary>
    public void AddRows(ReadOnlySpan<int> ids)
    {
        var rows = (ids.Length + _settings.RowIds - 1) / _settings.RowIds;
        if (_model.Table is { } table)
        {
            table.Sum(ids, _sums.AsSpan(Rows * _sumWidth, rows * _sumWidth));
        }
        else
        {
            var target = _ids.AsSpan(Rows * _settings.RowIds, rows * _settings.RowIds);
            ids.CopyTo(target);
            target[ids.Length..].Clear();
        }

        Rows += rows;
    }

    /// <summary>Adds a window over rows that are in the tensor already.</summary>
    public void AddWindow(in Window window, TextSide side, float denseShare, int textIds)
    {
        NgramTraits.Fill(_traits.AsSpan(Windows * NgramTraits.Count, NgramTraits.Count), side, denseShare, window.Ids, textIds);
        _pending[Windows++] = window;
    }

    /// <summary>The window at a position, as it was added.</summary>
    public ref readonly Window this[int window] => ref _pending[window];

    /// <summary>The answers for a window after <see cref="Run"/>: logits, to be replaced by probabilities.</summary>
    public Span<float> Scores(int window) => _scores.AsSpan(window * _model.Labels.Count, _model.Labels.Count);

    /// <summary>Runs the model over everything added.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or the answer has another shape than asked for.</exception>
    public void Run()
    {
        FillWindows();
        // A score that the model left unwritten must not look like one of the last batch.
        _scores.AsSpan(0, Windows * _model.Labels.Count).Fill(float.NaN);
        var memory = OrtMemoryInfo.DefaultInstance;
        using var rows = _model.Table is null
            ? OrtValue.CreateTensorValueFromMemory(memory, _ids.AsMemory(0, Rows * _settings.RowIds), [Rows, _settings.RowIds])
            : OrtValue.CreateTensorValueFromMemory(memory, _sums.AsMemory(0, Rows * _sumWidth), [Rows, _sumWidth]);
        using var windows = OrtValue.CreateTensorValueFromMemory(memory, _windows.AsMemory(0, Windows * Rows), [Windows, Rows]);
        using var traits = OrtValue.CreateTensorValueFromMemory(memory, _traits.AsMemory(0, Windows * NgramTraits.Count), [Windows, NgramTraits.Count]);
        using var scores = OrtValue.CreateTensorValueFromMemory(memory, _scores.AsMemory(0, Windows * _model.Labels.Count), [Windows, _model.Labels.Count]);
        using var run = new RunOptions();
        _model.Session.Run(run, _inputNames, [rows, windows, traits], _outputNames, [scores]);
    }

    private void FillWindows()
    {
        if (_windows.Length < Windows * Rows) _windows = Pinned<float>(Math.Max(Windows * Rows, _windows.Length * 2));
        var matrix = _windows.AsSpan(0, Windows * Rows);
        matrix.Clear();
        for (var i = 0; i < Windows; i++)
        {
            ref readonly var window = ref _pending[i];
            matrix.Slice((i * Rows) + window.FirstRow, window.RowCount).Fill(NgramTraits.Scale(window.Ids));
        }
    }

    private static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);

    /// <summary>A window of a job's text.</summary>
    /// <param name="Job">Position of the job in the worker's list.</param>
    /// <param name="FirstRow">First row in the tensor.</param>
    /// <param name="RowCount">Rows it sums.</param>
    /// <param name="Ids">Ids in those rows, padding not counted.</param>
    /// <param name="Start">Where it begins in the text.</param>
    /// <param name="End">Where it ends in the text.</param>
    internal readonly record struct Window(int Job, int FirstRow, int RowCount, int Ids, int Start, int End);
}
