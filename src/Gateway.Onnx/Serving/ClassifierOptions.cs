namespace Gateway.Onnx.Serving;

/// <summary>How a <see cref="RiskClassifier"/> shares the machine.</summary>
public sealed record ClassifierOptions
{
    /// <summary>Worker threads, each running one batch at a time on one core. 1 to 256, default half the cores, at least 2 where there are two.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, Math.Max(2, Environment.ProcessorCount / 2));

    /// <summary>Texts that may wait; one more is a fault. 1 to 1,000,000, default 1,024.</summary>
    public int QueueCapacity { get; init; } = 1024;

    /// <summary>Texts judged in one run at most. 1 to 1,024, default 32: beyond it throughput no longer rises.</summary>
    public int BatchItems { get; init; } = 32;

    /// <summary>
    /// Rows of n-gram ids in one run at most, which bounds its memory and duration; a longer text takes several runs. 16 to
    /// 4,096, default 128 (about 5 texts of 1 KB). At least one window is always run whole.
    /// </summary>
    public int BatchRows { get; init; } = 128;

    /// <summary>
    /// How long a worker waits for company before it runs a batch that is not full. 0 to 5 ms, default 0: batches form by
    /// themselves while a worker is busy, and waiting only helps machines with far more cores than workers. It waits awake.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;

    /// <summary>How long a caller waits for an answer before that is a fault. 1 ms to 10 minutes, default 2 s.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Texts whose scores are remembered, so that history sent again costs a hash. 0 (default, none) to 10,000,000. An
    /// entry takes about 1 KB.
    /// </summary>
    public int CacheEntries { get; init; }

    /// <summary>Whether each worker is tied to one core (Linux). Default false: it helps machines whose other cores serve requests.</summary>
    public bool PinWorkers { get; init; }

    internal void Validate()
    {
        Require(Workers is >= 1 and <= 256, nameof(Workers), "1 to 256");
        Require(QueueCapacity is >= 1 and <= 1_000_000, nameof(QueueCapacity), "1 to 1000000");
        Require(BatchItems is >= 1 and <= 1024, nameof(BatchItems), "1 to 1024");
        Require(BatchRows is >= 16 and <= 4096, nameof(BatchRows), "16 to 4096");
        Require(Linger >= TimeSpan.Zero && Linger <= TimeSpan.FromMilliseconds(5), nameof(Linger), "0 to 5 ms");
        Require(Budget >= TimeSpan.FromMilliseconds(1) && Budget <= TimeSpan.FromMinutes(10), nameof(Budget), "1 ms to 10 minutes");

        Require(CacheEntries is >= 0 and <= 10_000_000, nameof(CacheEntries), "0 to 10000000");

        static void Require(bool holds, string name, string range)
        {
            if (!holds) throw new ArgumentOutOfRangeException(name, $"{name} must be {range}");
        }
    }
}
