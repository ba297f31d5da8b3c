namespace Gateway.Training.Learning;

/// <summary>How the network is trained. The defaults made the shipped model.</summary>
internal sealed record LearningSettings
{
    /// <summary>Networks trained side by side, one thread each, and then joined into one.</summary>
    public int Members { get; init; } = 1;

    /// <summary>Numbers per n-gram in one member. A multiple of 8.</summary>
    public int Width { get; init; } = 24;

    /// <summary>Hidden units of one member.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Passes over the data at most; the step size falls linearly to 0 over them.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Passes of the linear part over the data, before the members'.</summary>
    public int LinearPasses { get; init; } = 3;

    public float LinearStep { get; init; } = 0.3f;

    /// <summary>Squared gradient a weight of the linear part is taken to have seen already.</summary>
    public float LinearCaution { get; init; } = 1f;

    /// <summary>What the linear score is multiplied with while it is learnt: the larger, the less its weights are held back.</summary>
    public float LinearScale { get; init; } = 4f;

    /// <summary>Texts of both kinds that every n-gram is taken to have been seen in already.</summary>
    public float LinearAdded { get; init; } = 0.5f;

    public float Step { get; init; } = 0.2f;

    /// <summary>Squared gradient a row is taken to have seen already: keeps rare n-grams from being learnt by heart.</summary>
    public float RowCaution { get; init; } = 1f;

    public float DenseStep { get; init; } = 0.003f;

    /// <summary>Share of n-grams left out of a text, drawn anew in each pass.</summary>
    public float Dropout { get; init; } = 0.3f;

    /// <summary>Weight of a risk label against <c>any</c>.</summary>
    public float RiskWeight { get; init; } = 0.3f;

    /// <summary>Weight of a risk label that a harmful text does not carry, because sources name only some of what fits.</summary>
    public float MissingWeight { get; init; } = 0.2f;

    /// <summary>Harmless texts of the corpus that teach because they look most harmful.</summary>
    public int HardTexts { get; init; } = 4000;

    /// <summary>Other harmless texts of the corpus that teach.</summary>
    public int CalmTexts { get; init; } = 6000;

    /// <summary>How often each own text is shown in a pass, each time varied.</summary>
    public int OwnCopies { get; init; } = 4;

    /// <summary>
    /// Share of texts that are shown with harmless texts of the same language around them: otherwise a sentence among
    /// others is drowned by them.
    /// </summary>
    public float Mix { get; init; } = 0.2f;

    /// <summary>Harmless texts on each side then, at most.</summary>
    public int MixTexts { get; init; } = 4;

    /// <summary>Units that look at one row of n-grams at a time. A multiple of 8.</summary>
    public int LocalUnits { get; init; } = 48;

    /// <summary>Step size of their weights.</summary>
    public float LocalStep { get; init; } = 0.01f;
}
