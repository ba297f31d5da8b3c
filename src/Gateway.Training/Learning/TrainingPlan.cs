using Gateway.Onnx.Features;

namespace Gateway.Training.Learning;

/// <summary>Everything that may be changed for a trial, as one file of JSON.</summary>
internal sealed record TrainingPlan
{
    /// <summary>How text becomes ids.</summary>
    public NgramSettings Ngrams { get; init; } = new() { SideWords = true, OpeningLength = 40, JoinsSpelling = true, LinearBits = 2, RepeatIds = 384, RowIds = 32, WindowRows = 96, StrideRows = 48, PassageRows = 12, PassageStrideRows = 4 };

    /// <summary>How the network learns.</summary>
    public LearningSettings Learning { get; init; } = new();
}
