using System.Numerics;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Says, from four classes in a row, whether a pattern may begin there. In an alphabet nearly every pair of letters begins
/// some pattern, but few runs of four do: asking first keeps the scan out of the automaton's deeper states. May say yes
/// wrongly, never no wrongly.
/// </summary>
internal sealed class PatternOpenings
{
    private readonly ulong[] _wholePairs;
    private readonly ulong[] _triples;
    private readonly ulong[] _wholeTriples;
    private readonly ulong[] _quads;
    private readonly int _shift;

    /// <summary>Makes the filter.</summary>
    /// <param name="depths">Depth of each state, level by level.</param>
    /// <param name="labels">The class that leads into each state.</param>
    /// <param name="parents">The state above each state.</param>
    /// <param name="isWhole">Whether a pattern ends in a state.</param>
    public PatternOpenings(IReadOnlyList<ushort> depths, ushort[] labels, IReadOnlyList<int> parents, Func<int, bool> isWhole)
    {
        var longest = 0;
        for (var state = 0; state < labels.Length; state++)
        {
            if (depths[state] is 3 or 4) longest++;
        }

        // Eight bits an entry: 16 KiB for 10,000 patterns, which stays in the first-level cache; 64 KiB at most.
        var bits = Math.Clamp(BitOperations.Log2((uint)longest * 4 + 1) + 1, 10, 19);
        _shift = 32 - bits;
        _wholePairs = new ulong[1 << bits >> 6];
        _triples = new ulong[1 << bits >> 6];
        _wholeTriples = new ulong[1 << bits >> 6];
        _quads = new ulong[1 << bits >> 6];
        for (var state = 0; state < labels.Length; state++)
        {
            if (depths[state] is < 2 or > 4) continue;
            uint last = labels[state], before = labels[parents[state]];
            if (depths[state] == 2)
            {
                if (isWhole(state)) Set(_wholePairs, Hash(before, last, 0, 0));
                continue;
            }

            uint third = labels[parents[parents[state]]];
            if (depths[state] == 3)
            {
                Set(_triples, Hash(third, before, last, 0));
                if (isWhole(state)) Set(_wholeTriples, Hash(third, before, last, 0));
                continue;
            }

            Set(_quads, Hash(labels[parents[parents[parents[state]]]], third, before, last));
        }
    }

    /// <summary>Bytes of the tables.</summary>
    public long Size => _triples.Length * 4L * 8;

    /// <summary>Whether a pattern may begin with these classes; class 0 is in no pattern.</summary>
    public bool MayBegin(uint first, uint second, uint third, uint fourth)
    {
        if (Has(_wholePairs, Hash(first, second, 0, 0))) return true;
        if (third == 0) return false;
        var triple = Hash(first, second, third, 0);
        if (!Has(_triples, triple)) return false;
        return Has(_wholeTriples, triple) || (fourth != 0 && Has(_quads, Hash(first, second, third, fourth)));
    }

    private static uint Hash(uint first, uint second, uint third, uint fourth) =>
        (first * 0x9E3779B1u) ^ (second * 0x85EBCA77u) ^ (third * 0xC2B2AE3Du) ^ (fourth * 0x27D4EB2Fu);

    private bool Has(ulong[] bits, uint hash)
    {
        hash >>= _shift;
        return (bits[(int)(hash >> 6)] >> (int)(hash & 63) & 1) != 0;
    }

    private void Set(ulong[] bits, uint hash)
    {
        hash >>= _shift;
        bits[hash >> 6] |= 1UL << (int)(hash & 63);
    }
}
