using System.Numerics;

namespace Gateway.Inspection.Matching;

/// <summary>
/// An Aho-Corasick automaton over folded characters. Finds all matches of all patterns, overlapping ones included, in one
/// pass. Immutable and safe for any number of threads.
/// <para>
/// Layout: states are numbered level by level, so that the children of a state are neighbours and its edges need no
/// pointers: one first child, one 64-bit summary of the labels, one label per state. Failure links lead to the longest
/// suffix that is a state too (Aho and Corasick, 1975).
/// </para>
/// </summary>
internal sealed class Automaton
{
    /// <summary>The state before any character.</summary>
    public const int Root = 0;

    private const int LinearChildren = 96;

    private readonly ushort[] _classes;
    private readonly int[] _rootRow;
    private readonly int[] _firstChild;
    private readonly ulong[] _labelBits;
    private readonly ushort[] _labels;
    private readonly int[] _fails;
    private readonly ushort[] _depths;
    private readonly ushort[] _holds;
    private readonly int[] _below;
    private readonly int[] _hintsBelow;
    private readonly Below[] _kinds;
    private readonly bool[] _gapsBelow;
    private readonly int[] _outputs;
    private readonly Output[] _records;
    private readonly int[] _patterns;

    internal Automaton(AutomatonParts parts)
    {
        _classes = parts.Classes;
        _rootRow = parts.RootRow;
        _firstChild = parts.FirstChild;
        _labelBits = parts.LabelBits;
        _labels = parts.Labels;
        _fails = parts.Fails;
        _depths = parts.Depths;
        _holds = parts.Holds;
        _below = parts.Below;
        _hintsBelow = parts.HintsBelow;
        _kinds = parts.Kinds;
        _gapsBelow = parts.GapsBelow;
        _outputs = parts.Outputs;
        _records = parts.Records;
        _patterns = parts.Patterns;
        MaxDepth = parts.MaxDepth;
    }

    /// <summary>Length of the longest pattern, folded characters.</summary>
    public int MaxDepth { get; }

    /// <summary>Number of states, the root included.</summary>
    public int StateCount => _labels.Length;

    /// <summary>Bytes of the tables.</summary>
    public long Size => _classes.Length * 2L + _rootRow.Length * 4L + _records.Length * 16L
        + _patterns.Length * 4L + _kinds.Length * 24L + _labels.Length * (4L + 8 + 2 + 4 + 2 + 2 + 4 + 4 + 1 + 4);

    /// <summary>Whether a pattern contains the character.</summary>
    public bool Knows(char symbol) => _classes[symbol] != 0;

    /// <summary>Length of the longest suffix of the text read that some pattern begins with, folded characters.</summary>
    public int DepthOf(int state) => _depths[state];

    /// <summary>Length of the longest suffix of the text read that a longer holding pattern begins with, folded characters.</summary>
    public int HoldOf(int state) => _holds[state];

    /// <summary>The first record of matches that end in a state; 0 for none.</summary>
    public int OutputOf(int state) => _outputs[state];

    /// <summary>A record of matches of one length; its <see cref="Output.Next"/> leads to the shorter ones.</summary>
    public Output RecordOf(int output) => _records[output];

    /// <summary>
    /// Ids of the patterns of a record (several where patterns are equal): their positions in the list the automaton was
    /// built from.
    /// </summary>
    public ReadOnlySpan<int> PatternsOf(in Output output) => _patterns.AsSpan(output.First, output.Count);

    /// <summary>Reads one character.</summary>
    public int Step(int state, char symbol) => Next(state, _classes[symbol]);

    /// <summary>Reads one character without falling back: the state below, or the root when no pattern goes on with it.</summary>
    public int Descend(int state, char symbol)
    {
        var label = _classes[symbol];
        if (label == 0) return Root;
        return state == Root ? _rootRow[label] : Child(state, label);
    }

    /// <summary>Whether patterns go on below a state.</summary>
    public bool HasBelow(int state) => _labelBits[state] != 0;

    /// <summary>What the patterns below a state are that always hold.</summary>
    public ref readonly Below Below(int state) => ref _kinds[_below[state]];

    /// <summary>What the patterns below a state are that hold as hints.</summary>
    public ref readonly Below HintsBelow(int state) => ref _kinds[_hintsBelow[state]];

    /// <summary>Whether a pattern below a state has separators of its own.</summary>
    public bool HasGapsBelow(int state) => _gapsBelow[state];

    internal int Next(int state, ushort label)
    {
        if (label == 0) return Root;
        while (state != Root)
        {
            var child = Child(state, label);
            if (child != 0) return child;
            state = _fails[state];
        }

        return _rootRow[label];
    }

    private int Child(int state, ushort label)
    {
        // Children are sorted by their place in the summary (the label's low six bits), then by label: counting the
        // places before ours gives where to look, exactly so when no two labels share a place.
        var bits = _labelBits[state];
        var place = label & 63;
        if ((bits >> place & 1) == 0) return 0;
        var (first, end) = (_firstChild[state], _firstChild[state + 1]);
        if (end - first > LinearChildren) return Search(first, end, label);
        for (var child = first + BitOperations.PopCount(bits & ((1UL << place) - 1)); child < end; child++)
        {
            int found = _labels[child];
            if (found == label) return child;
            if ((found & 63) > place) return 0;
        }

        return 0;
    }

    private int Search(int first, int end, ushort label)
    {
        var wanted = AutomatonParts.SortKey(label);
        while (first < end)
        {
            var middle = (first + end) >>> 1;
            var key = AutomatonParts.SortKey(_labels[middle]);
            if (key == wanted) return middle;
            if (key < wanted) first = middle + 1;
            else end = middle;
        }

        return 0;
    }

    /// <summary>Matches of one length that end in a state.</summary>
    /// <param name="First">Where the ids of the patterns begin.</param>
    /// <param name="Count">How many patterns are equal.</param>
    /// <param name="Length">Their length, folded characters.</param>
    /// <param name="Next">The record of the next shorter match that ends there too; 0 for none.</param>
    internal readonly record struct Output(int First, int Count, int Length, int Next);
}
