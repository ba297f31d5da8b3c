namespace Gateway.Audit.Journal;

/// <summary>What the journal's writer waits for.</summary>
internal enum WriterRest
{
    /// <summary>Nothing: it works.</summary>
    None,

    /// <summary>Company for those who wait already.</summary>
    Gathering,

    /// <summary>Anybody who waits.</summary>
    Idle,
}
