namespace Gateway.LoadTest;

/// <summary>Where an exchange carries a word that must be blocked.</summary>
internal enum Plant
{
    None,
    Prompt,
    Answer,
}
