namespace Gateway.Configuration;

/// <summary>An epoch that somebody judges with. Until it is given back, the epoch's model stays loaded, whatever has come into force meanwhile.</summary>
internal readonly struct EpochLease(Epoch epoch) : IDisposable
{
    public Epoch Epoch => epoch;

    public void Dispose() => epoch.Model?.Release();
}
