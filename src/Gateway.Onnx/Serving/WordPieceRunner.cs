using Gateway.Onnx.Features;
using Gateway.Onnx.Models;
using Microsoft.ML.OnnxRuntime;

namespace Gateway.Onnx.Serving;

/// <summary>Reads texts as word pieces, in windows that overlap: nothing is clipped.</summary>
internal sealed class WordPieceRunner : WindowRunner
{
    private readonly WordPieceSettings _settings;
    private readonly WordPieceVocabulary _vocabulary;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly int _capacity;
    private readonly int _labels;
    private readonly List<Window> _windows = [];
    private readonly List<int> _ids = [];

    public WordPieceRunner(ClassifierModel model, ClassifierOptions options)
        : base(model)
    {
        _settings = model.Manifest.Input.WordPiece;
        _vocabulary = model.Vocabulary ?? throw new InvalidOperationException("a wordpiece model was loaded without its vocabulary");
        _tokenizer = new WordPieceTokenizer(_vocabulary, _settings.Lowercase);
        _capacity = options.BatchItems;
        _labels = model.Labels.Count;
    }

    public override bool IsFull => _windows.Count >= _capacity;

    protected override void ClearWindows()
    {
        _windows.Clear();
        _ids.Clear();
    }

    protected override void AdmitBlock(ClassifierJob job, ReadOnlySpan<char> block, int offset)
    {
        _tokenizer.Read(block);
        var tokens = _tokenizer.Tokens;
        var most = _settings.WindowTokens - 2;
        for (var first = 0; first < tokens.Count; first += most - _settings.OverlapTokens)
        {
            var count = Math.Min(most, tokens.Count - first);
            var isLast = first + count == tokens.Count;
            var (start, end) = (offset + (first == 0 ? 0 : tokens[first].Start), offset + (isLast ? block.Length : tokens[first + count - 1].End));
            if (end > job.Fresh)
            {
                if (_windows.Count == _capacity) Flush();
                if (job.IsAbandoned) return;
                _windows.Add(new Window(Current, _ids.Count, count, start, end));
                for (var i = 0; i < count; i++) _ids.Add(tokens[first + i].Id);
            }

            if (isLast) return;
        }
    }

    public override void Flush()
    {
        if (_windows.Count == 0) return;
        // 1. Every window as wide as the widest, framed and padded.
        var width = _windows.Max(window => window.Count) + 2;
        var (ids, mask, types) = (new long[_windows.Count * width], new long[_windows.Count * width], new long[_windows.Count * width]);
        ids.AsSpan().Fill(_vocabulary.PaddingId);
        for (var w = 0; w < _windows.Count; w++)
        {
            var at = w * width;
            ids[at] = _vocabulary.StartId;
            for (var i = 0; i < _windows[w].Count; i++) ids[at + 1 + i] = _ids[_windows[w].First + i];
            ids[at + 1 + _windows[w].Count] = _vocabulary.EndId;
            mask.AsSpan(at, _windows[w].Count + 2).Fill(1);
        }

        // 2. A score that the model leaves unwritten must not look like an answer.
        var scores = new float[_windows.Count * _labels];
        scores.AsSpan().Fill(float.NaN);
        Run(ids, mask, types, scores, width);
        for (var w = 0; w < _windows.Count; w++) Pool(_windows[w].Text, scores.AsSpan(w * _labels, _labels), _windows[w].Start, _windows[w].End);
        ClearWindows();
    }

    private void Run(long[] ids, long[] mask, long[] types, float[] scores, int width)
    {
        long[] shape = [_windows.Count, width];
        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using var typesValue = OrtValue.CreateTensorValueFromMemory(types, shape);
        using var answer = OrtValue.CreateTensorValueFromMemory(scores, [_windows.Count, _labels]);
        using var run = new RunOptions();
        string[] output = [Model.Manifest.Output.Tensor];
        if (_settings.TypesTensor.Length == 0)
            Model.Session.Run(run, [_settings.IdsTensor, _settings.MaskTensor], [idsValue, maskValue], output, [answer]);
        else
            Model.Session.Run(run, [_settings.IdsTensor, _settings.MaskTensor, _settings.TypesTensor], [idsValue, maskValue, typesValue], output, [answer]);
    }

    /// <summary>A window of a text.</summary>
    /// <param name="Text">Position of the text among those admitted.</param>
    /// <param name="First">Its first id.</param>
    /// <param name="Count">Ids, those that frame it not counted.</param>
    /// <param name="Start">Where it begins in the text.</param>
    /// <param name="End">Where it ends in the text.</param>
    private readonly record struct Window(int Text, int First, int Count, int Start, int End);
}
