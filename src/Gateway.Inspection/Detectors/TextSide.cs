namespace Gateway.Inspection.Detectors;

/// <summary>Which way a text travels: to the model or from it.</summary>
public enum TextSide
{
    /// <summary>Text a client sends to the model.</summary>
    Prompt,

    /// <summary>Text the model sends to a client.</summary>
    Response,
}
