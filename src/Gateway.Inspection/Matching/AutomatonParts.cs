namespace Gateway.Inspection.Matching;

/// <summary>The tables of an <see cref="Automaton"/>, as its builder fills them.</summary>
internal sealed class AutomatonParts
{
    /// <summary>Class of each character; 0 for those no pattern contains.</summary>
    public required ushort[] Classes { get; init; }

    /// <summary>State of depth 1 for each class, or the root.</summary>
    public required int[] RootRow { get; init; }

    /// <summary>A bit for each hash of two classes some pattern begins with.</summary>
    public required ulong[] Pairs { get; init; }

    public required int PairShift { get; init; }

    /// <summary>How patterns go on after their first two classes.</summary>
    public required PatternOpenings Openings { get; init; }

    /// <summary>Classes 1 to this number are patterns by themselves.</summary>
    public required int Singles { get; init; }

    /// <summary>The first state of depth 2.</summary>
    public required int FirstDeep { get; init; }

    /// <summary>First child of each state, and one more entry; the children of a state end where those of the next begin.</summary>
    public required int[] FirstChild { get; init; }

    public required ulong[] LabelBits { get; init; }

    /// <summary>The class that leads into each state.</summary>
    public required ushort[] Labels { get; init; }

    public required int[] Fails { get; init; }

    public required ushort[] Depths { get; init; }

    public required ushort[] Holds { get; init; }

    public required int[] Outputs { get; init; }

    public required Automaton.Output[] Records { get; init; }

    public required int[] Patterns { get; init; }

    public required int MaxDepth { get; init; }

    public static uint PairHash(uint first, uint second) => (first * 0x9E3779B1u) ^ (second * 0x85EBCA77u);

    /// <summary>The order of children.</summary>
    public static int SortKey(ushort label) => (label & 63) << 16 | label;
}
