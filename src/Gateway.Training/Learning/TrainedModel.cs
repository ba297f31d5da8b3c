using Gateway.Onnx.Models;
using Gateway.Training.Data;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>What training made, and what is needed to report on it.</summary>
/// <param name="Network">The calibrated network.</param>
/// <param name="Thresholds">Thresholds per deciding label.</param>
/// <param name="DevB">The half of the development data that nothing was tuned on.</param>
/// <param name="ScoresB">Probabilities of <paramref name="DevB"/>, [example][label].</param>
/// <param name="Train">The training data.</param>
/// <param name="Counts">Training texts per risk, those without an output included.</param>
/// <param name="Duration">Time it took.</param>
internal sealed record TrainedModel(
    BagNetwork Network,
    Dictionary<string, LabelThresholds> Thresholds,
    HashedSet DevB,
    float[][] ScoresB,
    HashedSet Train,
    Dictionary<string, int> Counts,
    TimeSpan Duration);
