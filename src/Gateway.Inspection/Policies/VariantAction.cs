namespace Gateway.Inspection.Policies;

/// <summary>What a term found in a variant spelling does: in pinyin, initials, other characters that sound alike, or characters typed in parts.</summary>
public enum VariantAction
{
    /// <summary>It labels, whatever the tier of the term. The default: innocent text has such spellings too.</summary>
    Label,

    /// <summary>It counts as the term itself.</summary>
    Block,

    /// <summary>It is recorded only.</summary>
    Watch,
}
