namespace Gateway.Inspection.Policies;

/// <summary>What is done with a text, from lenient to strict: of two actions the greater wins.</summary>
public enum GuardAction
{
    /// <summary>Forwarded byte for byte.</summary>
    Allow,

    /// <summary>Forwarded, with a risk label beside the answer.</summary>
    Label,

    /// <summary>Forwarded with some characters replaced. Answers only.</summary>
    Mask,

    /// <summary>Refused, or the stream is cut.</summary>
    Block,
}
