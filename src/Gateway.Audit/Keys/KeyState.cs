namespace Gateway.Audit.Keys;

/// <summary>How a subject's key stands.</summary>
public enum KeyState
{
    /// <summary>In use.</summary>
    Active,

    /// <summary>Erasure was asked for and a legal hold defers it: nothing is read with it, nothing new is made with it.</summary>
    Locked,

    /// <summary>Destroyed.</summary>
    Erased,
}
