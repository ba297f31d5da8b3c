namespace Gateway.Onnx.Serving;

/// <summary>A text could not be classified. It must be treated as unjudged, never as clean.</summary>
public sealed class ClassifierFaultException : Exception
{
    /// <summary>Makes a fault.</summary>
    /// <param name="fault">Its kind.</param>
    /// <param name="message">What happened, without quoting the text.</param>
    /// <param name="cause">What raised it, if anything did.</param>
    public ClassifierFaultException(ClassifierFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    /// <summary>Kind of fault.</summary>
    public ClassifierFault Fault { get; }
}
