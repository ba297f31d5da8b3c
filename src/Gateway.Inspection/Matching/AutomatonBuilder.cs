namespace Gateway.Inspection.Matching;

/// <summary>
/// Builds an <see cref="Automaton"/>. Sorts the patterns once; the states of a level are then runs of the sorted list.
/// The result depends on the patterns and their order alone.
/// </summary>
internal sealed class AutomatonBuilder
{
    private const int SymbolCount = 0x10000;

    private readonly IReadOnlyList<Pattern> _source;
    private readonly ushort[] _classes = new ushort[SymbolCount];
    private readonly List<int> _firstChild = [0];
    private readonly List<ushort> _labels = [0];
    private readonly List<ushort> _depths = [0];
    private readonly List<int> _parents = [0];
    private readonly List<int> _below = [0];
    private readonly List<int> _hintsBelow = [0];
    private readonly List<bool> _gapsBelow = [false];
    private readonly Dictionary<Below, int> _kinds = new() { [default] = 0 };
    private readonly List<int> _outputs = [0];
    private readonly List<Automaton.Output> _records = [default];
    private readonly List<int> _patterns = [];
    private int _classCount = 1;

    private AutomatonBuilder(IReadOnlyList<Pattern> source) => _source = source;

    /// <summary>Builds the automaton of a list of patterns.</summary>
    /// <param name="patterns">The patterns; equal ones are found together.</param>
    /// <exception cref="ArgumentException">A pattern is empty or longer than 65,535 characters.</exception>
    public static Automaton Build(IReadOnlyList<Pattern> patterns)
    {
        foreach (var pattern in patterns)
            if (pattern.Symbols.Length is 0 or > ushort.MaxValue)
                throw new ArgumentException("A pattern has 1 to 65,535 characters.", nameof(patterns));
        return new AutomatonBuilder(patterns).Build();
    }

    private Automaton Build()
    {
        // 1. Number the characters; 2. sort the patterns; 3. states level by level; 4. failure links and what follows from them.
        NumberClasses();
        var keys = SortedKeys(out var order);
        GrowLevels(keys, order);
        var stateCount = _labels.Count;
        _firstChild.Add(stateCount);

        int[] firstChild = [.. _firstChild];
        ushort[] labels = [.. _labels];
        var labelBits = new ulong[stateCount];
        for (var state = 1; state < stateCount; state++) labelBits[_parents[state]] |= 1UL << (labels[state] & 63);
        var rootRow = new int[_classCount];
        for (var state = firstChild[0]; state < firstChild[1]; state++) rootRow[labels[state]] = state;

        var parts = new AutomatonParts
        {
            Classes = _classes,
            RootRow = rootRow,
            FirstChild = firstChild,
            LabelBits = labelBits,
            Labels = labels,
            Fails = new int[stateCount],
            Depths = [.. _depths],
            Holds = new ushort[stateCount],
            Below = [.. _below],
            HintsBelow = [.. _hintsBelow],
            Kinds = [.. _kinds.Keys],
            GapsBelow = [.. _gapsBelow],
            Outputs = [.. _outputs],
            Records = [.. _records],
            Patterns = [.. _patterns],
            MaxDepth = _depths[^1],
        };
        Link(parts);
        return new Automaton(parts);
    }

    private void NumberClasses()
    {
        // By frequency, so that the letters of an alphabet have numbers of their own in the 64 places of a label summary.
        var counts = new int[SymbolCount];
        foreach (var pattern in _source)
            foreach (var symbol in pattern.Symbols) counts[symbol]++;

        var used = Enumerable.Range(0, SymbolCount).Where(symbol => counts[symbol] > 0);
        foreach (var symbol in used.OrderByDescending(symbol => counts[symbol]).ThenBy(symbol => symbol)) _classes[symbol] = (ushort)_classCount++;
    }

    private ushort[][] SortedKeys(out int[] order)
    {
        var keys = new ushort[_source.Count][];
        for (var i = 0; i < keys.Length; i++)
        {
            var symbols = _source[i].Symbols;
            var key = new ushort[symbols.Length];
            for (var j = 0; j < key.Length; j++) key[j] = _classes[symbols[j]];
            keys[i] = key;
        }

        order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(order, (left, right) =>
        {
            var (a, b) = (keys[left], keys[right]);
            var shared = a.AsSpan().CommonPrefixLength(b);
            if (shared == a.Length || shared == b.Length) return a.Length != b.Length ? a.Length - b.Length : left - right;
            return AutomatonParts.SortKey(a[shared]) - AutomatonParts.SortKey(b[shared]);
        });
        return keys;
    }

    private void GrowLevels(ushort[][] keys, int[] order)
    {
        // Each state is the run of sorted patterns that begin with it. The queue is the list of runs itself.
        var runs = new List<(int Low, int High)> { (0, order.Length) };
        for (var state = 0; state < runs.Count; state++)
        {
            var (low, high) = runs[state];
            int depth = _depths[state];

            var own = low;
            while (own < high && keys[order[own]].Length == depth) own++;
            if (own > low)
            {
                _outputs[state] = _records.Count;
                _records.Add(new Automaton.Output(_patterns.Count, own - low, depth, 0));
                for (var i = low; i < own; i++) _patterns.Add(order[i]);
            }

            if (state > 0) _firstChild.Add(runs.Count);
            else _firstChild[0] = 1;
            for (var i = own; i < high;)
            {
                var label = keys[order[i]][depth];
                var first = i;
                while (i < high && keys[order[i]][depth] == label) i++;
                runs.Add((first, i));
                _labels.Add(label);
                _depths.Add((ushort)(depth + 1));
                _parents.Add(state);
                _outputs.Add(0);
                NoteBelow(order, first, i, depth + 1);
            }
        }
    }

    private void NoteBelow(int[] order, int low, int high, int depth)
    {
        var (below, hints, gaps) = (default(Below), default(Below), false);
        for (var i = low; i < high; i++)
        {
            var pattern = _source[order[i]];
            if (pattern.Symbols.Length <= depth) continue;
            gaps |= pattern.Gaps != 0;
            if (pattern.Holding == Holding.Always) below = below.With(pattern, depth);
            else if (pattern.Holding == Holding.Hint) hints = hints.With(pattern, depth);
        }

        _below.Add(KindOf(below));
        _hintsBelow.Add(KindOf(hints));
        _gapsBelow.Add(gaps);
    }

    /// <summary>States that are alike share one description; a dictionary from which nothing is removed keeps the order of its keys.</summary>
    private int KindOf(Below below)
    {
        if (!_kinds.TryGetValue(below, out var kind)) _kinds[below] = kind = _kinds.Count;
        return kind;
    }

    private void Link(AutomatonParts parts)
    {
        // A failure link leads to an earlier level, so going through the states in order finds everything ready.
        var automaton = new Automaton(parts);
        for (var state = 1; state < parts.Labels.Length; state++)
        {
            var parent = _parents[state];
            var fail = parent == Automaton.Root ? Automaton.Root : automaton.Next(parts.Fails[parent], parts.Labels[state]);
            parts.Fails[state] = fail;
            parts.Holds[state] = parts.Kinds[parts.Below[state]].Longest > 0 ? parts.Depths[state] : parts.Holds[fail];
            var own = parts.Outputs[state];
            if (own == 0) parts.Outputs[state] = parts.Outputs[fail];
            else parts.Records[own] = parts.Records[own] with { Next = parts.Outputs[fail] };
        }
    }
}
