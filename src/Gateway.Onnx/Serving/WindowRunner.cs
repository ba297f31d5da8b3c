using System.Numerics.Tensors;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Serving;

/// <summary>
/// Cuts texts into the windows a kind of model reads, and runs the model over what has gathered. A kind of model is one
/// such class. One worker's own; not safe for several threads.
/// </summary>
internal abstract class WindowRunner(ClassifierModel model)
{
    /// <summary>Characters of a text that are read at a time.</summary>
    internal const int BlockLength = 1 << 16;

    /// <summary>Characters that two blocks share: more than a window holds, so that no passage is seen only cut in two.</summary>
    internal const int BlockOverlap = 1 << 12;

    private readonly List<RiskScores> _scores = [];

    protected ClassifierModel Model => model;

    /// <summary>Position of the text being admitted: what windows are marked with.</summary>
    protected int Current => _scores.Count - 1;

    /// <summary>Whether the next text had better wait for the next run.</summary>
    public abstract bool IsFull { get; }

    /// <summary>The runner for a model's kind of input.</summary>
    public static WindowRunner Make(ClassifierModel model, ClassifierOptions options) =>
        model.Manifest.Input.Kind == ModelInput.WordPieces ? new WordPieceRunner(model, options) : new NgramRunner(model, options);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _scores.Clear();
        ClearWindows();
    }

    /// <summary>Takes a text in, block by block when it is long, so that it needs no more memory than one block's. Runs the model whenever it is full.</summary>
    public void Admit(ClassifierJob job, RiskScores scores)
    {
        _scores.Add(scores);
        var text = job.Text.Span;
        for (var start = 0; ; start += BlockLength - BlockOverlap)
        {
            var end = Math.Min(text.Length, start + BlockLength);
            if (end > job.Fresh && !job.IsAbandoned) AdmitBlock(job, text[start..end], start);
            if (end == text.Length) return;
        }
    }

    /// <summary>Runs the model over the windows that are left.</summary>
    public abstract void Flush();

    protected abstract void ClearWindows();

    protected abstract void AdmitBlock(ClassifierJob job, ReadOnlySpan<char> block, int offset);

    /// <summary>Turns the answer for a window into probabilities and pools them into its text's scores.</summary>
    /// <exception cref="ClassifierFaultException">An answer is not a number.</exception>
    protected void Pool(int text, Span<float> answer, int start, int end)
    {
        for (var l = 0; l < answer.Length; l++)
            if (!float.IsFinite(answer[l])) throw new ClassifierFaultException(ClassifierFault.BadOutput, $"the model answered {answer[l]} for {model.Manifest.Output.Labels[l]}");
        if (model.Manifest.Output.Activation == ModelOutput.Softmax) Softmax(answer);
        else TensorPrimitives.Sigmoid(answer, answer);
        // Where a class says "safe" and none says "harmful at all", the rest of its probability does.
        if (model.SafeIndex >= 0) answer[model.SafeIndex] = 1f - answer[model.SafeIndex];
        _scores[text].Pool(answer, start, end);
    }

    private static void Softmax(Span<float> answer)
    {
        var highest = float.NegativeInfinity;
        foreach (var logit in answer) highest = Math.Max(highest, logit);
        float sum = 0;
        for (var l = 0; l < answer.Length; l++) sum += answer[l] = MathF.Exp(answer[l] - highest);
        for (var l = 0; l < answer.Length; l++) answer[l] /= sum;
    }
}
