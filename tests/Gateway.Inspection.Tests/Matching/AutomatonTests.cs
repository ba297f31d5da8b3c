using Gateway.Inspection.Matching;

namespace Gateway.Inspection.Tests.Matching;

public sealed class AutomatonTests
{
    [Fact]
    public void Step_OverlappingPatterns_FindsAll()
    {
        var found = Find(["he", "she", "his", "hers", "e"], "ushers");
        Assert.Equal(["1..4 she", "2..4 he", "2..6 hers", "3..4 e"], found);
    }

    [Fact]
    public void Step_EqualPatterns_FindsEach() => Assert.Equal(["0..2 ab", "0..2 ab"], Find(["ab", "ab"], "ab"));

    [Fact]
    public void Step_NoPatterns_FindsNothing() => Assert.Empty(Find([], "abc"));

    [Fact]
    public void Build_EmptyPattern_IsRefused() => Assert.Throws<ArgumentException>(() => AutomatonBuilder.Build([new Pattern("", Holding.Always)]));

    [Fact]
    public void HoldOf_WatchPatterns_HoldsNothing()
    {
        var automaton = AutomatonBuilder.Build([new Pattern("abcd", Holding.None), new Pattern("bcx", Holding.Always), new Pattern("cd", Holding.None)]);
        var holds = new List<int>();
        var depths = new List<int>();
        var state = Automaton.Root;
        foreach (var symbol in "abcd")
        {
            state = automaton.Step(state, symbol);
            holds.Add(automaton.HoldOf(state));
            depths.Add(automaton.DepthOf(state));
        }

        Assert.Equal([0, 1, 2, 0], holds);
        Assert.Equal([1, 2, 3, 4], depths);
    }

    [Theory]
    [InlineData(1, "ab", 6, 5)]
    [InlineData(2, "abc", 30, 6)]
    [InlineData(3, "abcdefgh", 200, 4)]
    [InlineData(4, "大麻烦法轮功的一是不在人有我他这个们中来上", 300, 4)]
    public void Step_RandomTexts_EqualsNaiveSearch(int kind, string alphabet, int patternCount, int maxLength)
    {
        for (var round = 0; round < 300; round++)
        {
            var seed = kind * 100_000 + round;
            var random = new Random(seed);
            var patterns = Enumerable.Range(0, random.Next(1, patternCount + 1))
                .Select(_ => Word(random, alphabet, random.Next(1, maxLength + 1))).ToArray();
            var text = Word(random, alphabet + "#", random.Next(0, 120));

            Assert.True(Find(patterns, text).SequenceEqual(FindNaively(patterns, text)), $"seed {seed}");
            HoldsEqualNaive(seed, patterns, text);
        }
    }

    [Fact]
    public void Step_WideFanOut_EqualsNaiveSearch()
    {
        // More than 64 and more than 96 children of one state, whose labels share places of its summary.
        var patterns = Enumerable.Range(0, 1000).Select(i => "x" + (char)(0x4E00 + i)).Append("xy").ToArray();
        var random = new Random(5);
        var text = string.Concat(Enumerable.Range(0, 4000).Select(_ => random.Next(2) == 0 ? 'x' : (char)(0x4E00 + random.Next(1200))));
        Assert.Equal(FindNaively(patterns, text), Find(patterns, text));
    }

    [Fact]
    public void Build_SixtyThousandPatterns_StaysSmall()
    {
        var random = new Random(6);
        var patterns = Enumerable.Range(0, 60_000).Select(i => new Pattern(
            i % 2 == 0 ? Word(random, "abcdefghijklmnopqrstuvwxyz", random.Next(2, 9))
                : string.Concat(Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)(0x4E00 + random.Next(3000)))), Holding.Always)).ToArray();
        var automaton = AutomatonBuilder.Build(patterns);
        Assert.InRange(automaton.Size, 1, 16 << 20);
    }

    private static void HoldsEqualNaive(int seed, string[] patterns, string text)
    {
        // Every other pattern holds.
        var automaton = AutomatonBuilder.Build([.. patterns.Select((symbols, i) => new Pattern(symbols, i % 2 == 0 ? Holding.Always : Holding.None))]);
        var prefixes = patterns.Where((_, i) => i % 2 == 0)
            .SelectMany(pattern => Enumerable.Range(1, pattern.Length - 1).Select(length => pattern[..length])).ToHashSet();
        var state = Automaton.Root;
        for (var i = 0; i < text.Length; i++)
        {
            state = automaton.Step(state, text[i]);
            var read = text[..(i + 1)];
            var expected = Enumerable.Range(1, Math.Min(read.Length, 8)).Reverse().FirstOrDefault(length => prefixes.Contains(read[^length..]));
            Assert.True(automaton.HoldOf(state) == expected, $"seed {seed}, after {i + 1} characters");
        }
    }

    private static List<string> Find(string[] patterns, string text)
    {
        var automaton = AutomatonBuilder.Build([.. patterns.Select(symbols => new Pattern(symbols, Holding.Always))]);
        var found = new List<string>();
        var state = Automaton.Root;
        for (var position = 1; position <= text.Length; position++)
        {
            state = automaton.Step(state, text[position - 1]);
            for (var output = automaton.OutputOf(state); output != 0; output = automaton.RecordOf(output).Next)
            {
                foreach (var id in automaton.PatternsOf(automaton.RecordOf(output)))
                    found.Add($"{position - patterns[id].Length}..{position} {patterns[id]}");
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static List<string> FindNaively(string[] patterns, string text)
    {
        var found = new List<string>();
        foreach (var pattern in patterns)
            for (var at = text.IndexOf(pattern, StringComparison.Ordinal); at >= 0; at = text.IndexOf(pattern, at + 1, StringComparison.Ordinal))
                found.Add($"{at}..{at + pattern.Length} {pattern}");
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static string Word(Random random, string alphabet, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)]));
}
