namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Keywords</c>.</summary>
internal sealed class KeywordOptions
{
    /// <summary>
    /// Separators tolerated between two characters of a term, 0 to 32. Default 4. A run of blanks, a tag, a sign and an emoji count as
    /// one each. More finds more evasion and holds more of a stream back.
    /// </summary>
    public int Separators { get; set; } = Inspection.Detectors.KeywordDetector.DefaultSeparators;
}
