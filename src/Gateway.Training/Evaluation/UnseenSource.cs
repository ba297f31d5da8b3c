namespace Gateway.Training.Evaluation;

/// <summary>Figures on one source of half B, of the model and of one that was taught without the source.</summary>
internal sealed record UnseenSource(string Source, string With, string Without);
