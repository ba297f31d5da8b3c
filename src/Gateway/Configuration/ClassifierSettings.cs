namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Classifier</c>.</summary>
internal sealed class ClassifierSettings
{
    /// <summary>Ask the classifier. Default true. Off means keywords alone judge; the record says so.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Longest wait for one judgement, milliseconds. Default 2,000. Beyond: <c>OnFault</c>.</summary>
    public int BudgetMilliseconds { get; set; } = 2000;

    /// <summary>Texts that may wait. Default 4,096. Beyond: <c>OnFault</c>.</summary>
    public int QueueCapacity { get; set; } = 4096;

    /// <summary>Threads that run the model; 0 (default) means half the cores, but two where there are two.</summary>
    public int Workers { get; set; }
}
