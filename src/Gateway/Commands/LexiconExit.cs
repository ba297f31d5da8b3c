namespace Gateway.Commands;

/// <summary>Exit codes of the lexicon commands.</summary>
internal static class LexiconExit
{
    /// <summary>Nothing stands in the way; there may be advice.</summary>
    public const int Good = 0;

    /// <summary>The lexicon, or a row, is at fault.</summary>
    public const int Bad = 1;

    /// <summary>Nothing to judge: not readable, or called wrongly.</summary>
    public const int Unreadable = 2;
}
