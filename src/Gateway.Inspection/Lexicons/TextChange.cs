using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Lexicons;

/// <summary>A text that two lexicons judge differently.</summary>
/// <param name="Before">The action with the old lexicon.</param>
/// <param name="After">The action with the new one.</param>
/// <param name="Rules">The rules that decided the stricter of the two.</param>
public sealed record TextChange(GuardAction Before, GuardAction After, IReadOnlyList<string> Rules)
{
    /// <summary><c>blocked</c>, <c>labelled</c>, <c>released</c> (blocked before) or <c>unlabelled</c>.</summary>
    public string Kind => (Before, After) switch
    {
        (_, GuardAction.Block) => "blocked",
        (GuardAction.Block, _) => "released",
        (_, GuardAction.Label) => "labelled",
        _ => "unlabelled",
    };
}
