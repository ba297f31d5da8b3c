namespace Gateway.Benchmarks;

/// <summary>What must hold before a time is worth taking.</summary>
internal static class MatcherAnswers
{
    public static void Check(string corpus, int patterns, Document[] documents, BuiltEngine[] engines, Dictionary<string, long> matches)
    {
        var faults = new List<string>();

        // 1. Exact engines agree with Hyperscan; folding finds at least as much.
        if (matches.TryGetValue(MatchEngine.Hyperscan, out long exact))
        {
            foreach (string name in new[] { MatchEngine.GatewayExact, MatchEngine.Dictionary })
            {
                if (matches.TryGetValue(name, out long found) && found != exact) faults.Add($"{name} found {found}, hyperscan {exact}");
            }

            if (matches.TryGetValue(MatchEngine.Gateway, out long folded) && folded < exact) faults.Add($"gateway found {folded}, hyperscan {exact}");

            // 2. The texts are as meant: every planted pattern is there, and matches are rare.
            long characters = documents.Sum(document => (long)document.Text.Length);
            long lines = documents.Sum(document => (long)document.Text.Count('\n'));
            if (exact < lines / PlantedText.LinesPerPattern) faults.Add($"hyperscan found {exact} in {lines} lines, of which one in a hundred holds a pattern");
            Console.Error.WriteLine($"{corpus}, {patterns} patterns: one match in {characters / Math.Max(1, exact)} characters");
            if (exact > characters / PatternList.CharactersPerMatch) faults.Add($"{exact} matches in {characters} characters are more than one in {PatternList.CharactersPerMatch}");
        }

        // 3. SearchValues finds places, not matches.
        if (matches.TryGetValue(MatchEngine.SearchValues, out long places) && engines.FirstOrDefault(engine => engine.Engine is DictionaryEngine) is { } built)
        {
            long expected = documents.Sum(((DictionaryEngine)built.Engine).CountPlaces);
            if (places != expected) faults.Add($"searchvalues found {places} places, dictionary {expected}");
        }

        if (faults.Count > 0) throw new WrongAnswerException($"{corpus}, {patterns} patterns: {string.Join("; ", faults)}.");
    }

    /// <summary>The gateway's matcher allocates nothing on a text without a match.</summary>
    /// <returns>What is wrong; <see langword="null"/> when nothing is.</returns>
    public static string? CheckAllocation(string corpus, int patterns, Document[] documents, BuiltEngine built)
    {
        if (built.Engine is not GatewayEngine engine) return null;

        // Most documents hold some match, most lines none.
        Document[] clean = [.. documents.SelectMany(document => document.Text.Split('\n')).Select(line => PlantedText.Document([line]))
            .Where(line => engine.Scan(line) == 0)];
        // The runtime itself allocates now and then while it compiles a hot method anew: what the matcher allocates comes back in each pass.
        long found = 0, allocated = long.MaxValue;
        for (int pass = 0; pass < 20 && allocated != 0; pass++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var line in clean) found += engine.Scan(line);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        if (clean.Length == 0 || found != 0) throw new WrongAnswerException($"{corpus}, {patterns} patterns: {built.Name} found {found} matches in {clean.Length} clean lines.");
        if (allocated != 0) return $"{corpus}, {patterns} patterns: {built.Name} allocated {allocated} bytes in {clean.Length} texts without a match.";
        Console.Error.WriteLine($"{corpus}, {patterns} patterns, {built.Name}: 0 bytes allocated in {clean.Length} texts without a match");
        return null;
    }
}
