namespace Gateway.Inspection.Matching;

/// <summary>The tables of an <see cref="Automaton"/>, as its builder fills them.</summary>
internal sealed class AutomatonParts
{
    /// <summary>Class of each character; 0 for those no pattern contains.</summary>
    public required ushort[] Classes { get; init; }

    /// <summary>State of depth 1 for each class, or the root.</summary>
    public required int[] RootRow { get; init; }

    /// <summary>First child of each state, and one more entry; the children of a state end where those of the next begin.</summary>
    public required int[] FirstChild { get; init; }

    public required ulong[] LabelBits { get; init; }

    /// <summary>The class that leads into each state.</summary>
    public required ushort[] Labels { get; init; }

    public required int[] Fails { get; init; }

    public required ushort[] Depths { get; init; }

    public required ushort[] Holds { get; init; }

    /// <summary>What the patterns below each state are that always hold, as an index of <see cref="Kinds"/>.</summary>
    public required int[] Below { get; init; }

    /// <summary>The same of those that hold as hints.</summary>
    public required int[] HintsBelow { get; init; }

    public required Below[] Kinds { get; init; }

    /// <summary>Whether a pattern below each state has separators of its own.</summary>
    public required bool[] GapsBelow { get; init; }

    public required int[] Outputs { get; init; }

    public required Automaton.Output[] Records { get; init; }

    public required int[] Patterns { get; init; }

    public required int MaxDepth { get; init; }

    /// <summary>The order of children.</summary>
    public static int SortKey(ushort label) => (label & 63) << 16 | label;
}
