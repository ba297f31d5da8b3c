using Gateway.Audit.Records;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Serving;

namespace Gateway.Proxy;

/// <summary>
/// What the shadow model says of one direction of an exchange, and what would have been done, had it served: the same texts, with its findings in the
/// place of those of the model in force, under the thresholds that it would bring. What it has not answered when the record is written is counted, not guessed.
/// </summary>
internal sealed class ShadowVerdicts(Policy served, Policy shadow, TextSide side)
{
    // A stream that outruns its shadow must not keep texts without end.
    private const int MostWaiting = 256;

    private readonly Lock _lock = new();
    private readonly List<Shown> _waiting = [];
    private readonly Dictionary<string, double> _scores = new(StringComparer.Ordinal);
    private GuardAction _did;
    private GuardAction _would;
    private int _answered;
    private int _unanswered;

    /// <summary>A text that was shown to both models.</summary>
    /// <param name="answers">What the shadow will say.</param>
    /// <param name="found">What was found, the model in force included.</param>
    /// <param name="point">When it was decided upon.</param>
    public void Add(IReadOnlyList<Task<Detection[]?>> answers, DetectionList found, DecisionPoint point)
    {
        if (answers.Count == 0) return;
        var others = new List<Detection>();
        for (var i = 0; i < found.Count; i++)
            if (found[i].Detector != ClassifierDetector.DetectorName) others.Add(found[i]);
        var did = served.Decide(found, point, side).Action;
        lock (_lock)
        {
            TakeAnswered();
            foreach (var answer in answers)
            {
                if (_waiting.Count < MostWaiting) _waiting.Add(new Shown(answer, [.. others], did, point));
                else _unanswered++;
            }
        }
    }

    /// <summary>Completes when the shadow has nothing left to answer.</summary>
    public Task AnsweredAsync()
    {
        lock (_lock) return Task.WhenAll(_waiting.Select(shown => shown.Answer));
    }

    /// <summary>What it has said so far; <see langword="null"/> for nothing.</summary>
    /// <param name="did">What the model in force led to, on the texts that the shadow answered.</param>
    /// <param name="unanswered">Texts it did not answer.</param>
    public ShadowDirection? Read(out GuardAction did, out int unanswered)
    {
        lock (_lock)
        {
            TakeAnswered();
            (did, unanswered) = (_did, _unanswered + _waiting.Count);
            if (_answered == 0) return null;
            return new ShadowDirection { Action = Exchange.NameOf(_would), Differs = _would == _did ? null : true, Texts = _answered, Scores = new Dictionary<string, double>(_scores) };
        }
    }

    private void TakeAnswered()
    {
        foreach (var shown in _waiting)
        {
            if (shown.Answer.IsCompleted) Take(shown);
        }

        _waiting.RemoveAll(static shown => shown.Answer.IsCompleted);
    }

    private void Take(Shown shown)
    {
        if (!shown.Answer.IsCompletedSuccessfully || shown.Answer.GetAwaiter().GetResult() is not { } said)
        {
            _unanswered++;
            return;
        }

        _answered++;
        var list = new DetectionList();
        foreach (var other in shown.Others) list.Add(other);
        foreach (var detection in said)
        {
            list.Add(detection);
            var (label, score) = (detection.Label ?? detection.Risk, Math.Round(detection.Score, 4));
            if (!_scores.TryGetValue(label, out var known) || score > known) _scores[label] = score;
        }

        var would = shadow.Decide(list, shown.Point, side).Action;
        if (would > _would) _would = would;
        if (shown.Did > _did) _did = shown.Did;
    }

    private sealed record Shown(Task<Detection[]?> Answer, Detection[] Others, GuardAction Did, DecisionPoint Point);
}
