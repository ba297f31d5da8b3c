namespace Gateway.Inspection.Lexicons;

/// <summary>How much a lexicon term decides on its own.</summary>
public enum Tier
{
    /// <summary>Recorded only.</summary>
    Watch,

    /// <summary>Labels alone; blocks together with the classifier or with a second, different review term.</summary>
    Review,

    /// <summary>Blocks alone.</summary>
    Block,
}
