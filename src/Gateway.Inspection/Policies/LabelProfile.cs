namespace Gateway.Inspection.Policies;

/// <summary>Whose rules the labels of an answer follow.</summary>
public enum LabelProfile
{
    /// <summary>GB 45438-2025: the member <c>AIGC</c>. The default.</summary>
    Cn,

    /// <summary>Art. 50 of the EU's AI Act: the member <c>ai_content</c>, notices in English.</summary>
    Eu,

    /// <summary>Both members.</summary>
    Both,
}
