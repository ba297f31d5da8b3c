namespace Gateway.Onnx.Serving;

/// <summary>Why a text could not be classified.</summary>
public enum ClassifierFault
{
    /// <summary>Too many texts were waiting already.</summary>
    QueueFull,

    /// <summary>The answer did not come within the time budget.</summary>
    Timeout,

    /// <summary>The model answered with something that is no probability, or in a wrong shape.</summary>
    BadOutput,

    /// <summary>The runtime failed.</summary>
    Runtime,

    /// <summary>The classifier was shut down before the text was judged.</summary>
    Stopped,
}
