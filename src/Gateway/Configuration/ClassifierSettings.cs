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

    /// <summary>Threads of the native library per run, for a large model of one's own. Default 1: the shipped one is fastest so.</summary>
    public int ModelThreads { get; set; } = 1;

    /// <summary>Texts whose scores are remembered, so that history sent again costs a hash; about 1 KB each. Default 16,384; 0 = none.</summary>
    public int CacheEntries { get; set; } = 16_384;

    /// <summary>Tie each worker to one core (Linux). Default false.</summary>
    public bool PinWorkers { get; set; }

    /// <summary>Directory of a second model that judges the same texts, decides nothing, and is compared in metrics and records. Default: none.</summary>
    public string? Shadow { get; set; }

    /// <summary>How long the record of an exchange waits for what the shadow still has to say, milliseconds. Default 10; 0 = not at all. What comes later is counted in the record as unanswered.</summary>
    public int ShadowWaitMilliseconds { get; set; } = 10;
}
