using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Training.Data;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>What training made, and what is needed to report on it.</summary>
/// <param name="Network">The calibrated network.</param>
/// <param name="Thresholds">Thresholds per deciding label.</param>
/// <param name="Data">What it was taught and measured with.</param>
/// <param name="DevB">The half of the development data that nothing was tuned on.</param>
/// <param name="Counts">Training texts per risk, those without an output included; variations are not counted.</param>
/// <param name="Duration">Time it took.</param>
/// <param name="Settings">How it was taught.</param>
internal sealed record TrainedModel(
    BagNetwork Network,
    Dictionary<string, LabelThresholds> Thresholds,
    TrainingData Data,
    HashedSet DevB,
    Dictionary<string, int> Counts,
    TimeSpan Duration,
    LearningSettings Settings)
{
    /// <summary>Scores texts.</summary>
    public IReadOnlyList<ScoredText> Score(IReadOnlyList<Example> examples)
    {
        var scores = Evaluation.Scoring.Score(Network, HashedSet.Make(Network.Settings, examples, Network.Labels));
        return [.. examples.Select((example, i) => new ScoredText(example, scores[i]))];
    }

    /// <summary>Figures on texts.</summary>
    public ModelEvaluation Evaluate(IReadOnlyList<Example> examples) => new(Network.Labels, Thresholds, Score(examples));
}
