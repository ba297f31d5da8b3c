namespace Gateway.Audit.Forwarding;

/// <summary>How forwarding stands.</summary>
public enum ForwarderState
{
    /// <summary>Not run yet, or connecting for the first time.</summary>
    Starting,

    /// <summary>The sink answers and takes entries.</summary>
    Connected,

    /// <summary>The sink failed and is tried again; entries wait in the journal.</summary>
    Retrying,

    /// <summary>Stopped: by the host, or with an alarm by a conflict. See <see cref="AuditForwarder.Alarm"/>.</summary>
    Stopped,
}
