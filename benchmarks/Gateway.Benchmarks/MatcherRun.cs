using System.Diagnostics;

namespace Gateway.Benchmarks;

/// <summary>
/// Measures the matchers side by side: for each number of patterns all engines are built, checked against each other on every
/// corpus, warmed up, and timed in turns, so that a slow moment of the machine hits all of them. One thread.
/// </summary>
internal sealed class MatcherRun(MatcherOptions options)
{
    private const int Rounds = 5;
    private const int WarmUps = 3;

    private readonly List<MatcherRow> _rows = [];
    private readonly List<string> _faults = [];

    public int Run()
    {
        // 1. The texts. Patterns are chosen against all four, so that a run of one row uses the patterns of the whole.
        Console.Error.WriteLine($"seed {options.Seed}, {Environment.ProcessorCount} processors, one thread, best of {Rounds}");
        var corpora = MatcherOptions.AllCorpora.ToDictionary(
            name => name, name => Corpus.Read(Path.Combine(options.Data, "corpus", name + ".txt.xz")));
        foreach (string name in options.Corpora)
        {
            double size = corpora[name].Sum(lines => (long)PlantedText.Document(lines).Utf8.Length) / 1e6;
            Console.Error.WriteLine($"{name}: {size:F1} MB in {corpora[name].Count} documents of 4 to 16 KiB");
        }

        // 2. Every row.
        if (!options.Json) Console.WriteLine(MatcherRow.TableHead);
        foreach (int count in options.Patterns)
        {
            string[] patterns = PatternList.Make(options.Seed, count, corpora);
            BuiltEngine[] engines = [.. options.Engines.Select(name => BuiltEngine.Build(name, patterns))];
            foreach (string name in options.Corpora)
                Measure(name, count, PlantedText.Plant(options.Seed, corpora[name], patterns), engines);
            foreach (var engine in engines) engine.Dispose();
        }

        // 3. What was to be reached.
        foreach (string line in MatcherTargets.Compare(_rows)) Console.Error.WriteLine(line);
        // Allocation does not change the times above: they are worth seeing, and the run fails all the same.
        foreach (string fault in _faults) Console.Error.WriteLine("MISSED   " + fault);
        return _faults.Count == 0 ? 0 : 1;
    }

    private void Measure(string corpus, int patterns, Document[] documents, BuiltEngine[] engines)
    {
        // 1. Answers first: speed counts only when they are right.
        var matches = engines.ToDictionary(engine => engine.Name, engine => Pass(engine.Engine, documents));
        MatcherAnswers.Check(corpus, patterns, documents, engines, matches);
        foreach (var engine in engines)
        {
            if (MatcherAnswers.CheckAllocation(corpus, patterns, documents, engine) is { } fault) _faults.Add(fault);
        }


        // 2. Warm up, then all engines in turns.
        var best = engines.ToDictionary(engine => engine.Name, _ => TimeSpan.MaxValue);
        for (int round = -WarmUps; round < Rounds; round++)
        {
            foreach (var engine in engines)
            {
                long began = Stopwatch.GetTimestamp();
                long found = Pass(engine.Engine, documents);
                var time = Stopwatch.GetElapsedTime(began);
                if (found != matches[engine.Name]) throw new WrongAnswerException($"{corpus}, {patterns} patterns: {engine.Name} found {matches[engine.Name]} matches, then {found}.");
                if (round >= 0 && time < best[engine.Name]) best[engine.Name] = time;
            }
        }

        // 3. Rows.
        double megabytes = documents.Sum(document => (long)document.Utf8.Length) / 1e6;
        double? Speed(string name) => best.TryGetValue(name, out var time) ? megabytes / time.TotalSeconds : null;
        foreach (var engine in engines)
        {
            double speed = Speed(engine.Name)!.Value;
            var row = new MatcherRow(
                corpus, patterns, engine.Name, speed, speed / Speed(MatchEngine.Hyperscan), speed / Speed(MatchEngine.SearchValues),
                matches[engine.Name], engine.Time.TotalMilliseconds, engine.Heap / 1e6);
            _rows.Add(row);
            Console.WriteLine(options.Json ? row.ToJson() : row.ToTableLine());
        }
    }

    private static long Pass(MatchEngine engine, Document[] documents)
    {
        long matches = 0;
        foreach (var document in documents) matches += engine.Scan(document);
        return matches;
    }
}
