namespace Gateway.Inspection.Policies;

/// <summary>The notice in the text that says: made by AI. It needs two elements, one of AI and one of generation.</summary>
public static class ExplicitLabel
{
    /// <summary>What stands there where a policy names no text.</summary>
    public const string DefaultText = "【人工智能生成】";

    /// <summary>The same for readers of English.</summary>
    public const string DefaultEnglishText = "[AI-generated content]";

    /// <summary>What a text lacks, with the remedy; <see langword="null"/> when it has both elements.</summary>
    /// <param name="text">The notice.</param>
    /// <param name="profile">Whose rules apply.</param>
    public static string? Fault(string text, LabelProfile profile)
    {
        ArgumentNullException.ThrowIfNull(text);
        var english = profile == LabelProfile.Eu;
        var hasMaker = text.Contains("人工智能", StringComparison.Ordinal) || HasWord(text, "AI") || (english && text.Contains("artificial intelligence", StringComparison.OrdinalIgnoreCase));
        var hasDeed = text.Contains("生成", StringComparison.Ordinal) || text.Contains("合成", StringComparison.Ordinal)
            || (english && (text.Contains("generat", StringComparison.OrdinalIgnoreCase) || text.Contains("synthe", StringComparison.OrdinalIgnoreCase)));
        if (hasMaker && hasDeed) return null;
        var lacks = hasMaker ? "says nothing of generation" : hasDeed ? "does not name AI" : "names neither AI nor generation";
        return english
            ? $"'{text}' {lacks}: it needs 'AI' and 'generated', as in '{DefaultEnglishText}'"
            : $"'{text}' {lacks}: it needs 人工智能 or AI, and 生成 or 合成 (GB 45438-2025, 5.1), as in 'AI生成'";
    }

    /// <summary>"AI" as such: not in the middle of a Latin word such as "MAIL".</summary>
    private static bool HasWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var before = at > 0 && char.IsAsciiLetter(text[at - 1]);
            var after = at + word.Length < text.Length && char.IsAsciiLetter(text[at + word.Length]);
            if (!before && !after) return true;
        }

        return false;
    }
}
