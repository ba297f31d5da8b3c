namespace Gateway.Inspection.Lexicons;

/// <summary>
/// Frequent harmless words of Chinese and English, some 20,000 each: a term that is found inside one of them would hit
/// people who mean no harm. <c>eng/words/common-words.cs</c> writes the list and says where it comes from.
/// </summary>
internal static class CommonWords
{
    /// <summary>The words, the most frequent first, Chinese before English.</summary>
    public static IEnumerable<string> Read()
    {
        var stream = typeof(CommonWords).Assembly.GetManifestResourceStream("common-words.txt")
            ?? throw new InvalidOperationException("The assembly lacks its resource common-words.txt.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }
}
