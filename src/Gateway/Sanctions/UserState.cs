namespace Gateway.Sanctions;

/// <summary>The rungs of the ladder, from none to the last.</summary>
internal enum UserState
{
    None,

    /// <summary>Told so; nothing is withheld.</summary>
    Warned,

    /// <summary>Fewer requests a minute.</summary>
    Limited,

    /// <summary>Nothing until the suspension ends.</summary>
    Suspended,

    /// <summary>Nothing until somebody lifts it.</summary>
    Terminated,
}
