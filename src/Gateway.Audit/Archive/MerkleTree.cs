using System.Security.Cryptography;

namespace Gateway.Audit.Archive;

/// <summary>
/// The Merkle tree of RFC 6962 over entry hashes: a leaf is SHA-256 of a zero byte and the entry's hash, a node that of a
/// one byte and its two children. An entry can be shown to belong to a signed segment without the rest of it.
/// </summary>
public static class MerkleTree
{
    /// <summary>The root over entry hashes.</summary>
    /// <param name="hashes">Hashes, hex, in order; at least one.</param>
    public static string Root(IReadOnlyList<string> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentOutOfRangeException.ThrowIfZero(hashes.Count, nameof(hashes));
        var level = Leaves(hashes);
        while (level.Count > 1) level = Above(level);
        return Convert.ToHexStringLower(level[0]);
    }

    /// <summary>What is needed beside an entry's hash to compute the root, from the leaf up.</summary>
    /// <param name="hashes">Hashes, hex, in order.</param>
    /// <param name="index">Place of the entry.</param>
    /// <returns>Each with an <c>L</c> or <c>R</c> in front: the side on which it stands.</returns>
    public static IReadOnlyList<string> Proof(IReadOnlyList<string> hashes, int index)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)hashes.Count, nameof(index));
        var proof = new List<string>();
        for (var level = Leaves(hashes); level.Count > 1; level = Above(level), index /= 2)
        {
            var beside = index ^ 1;
            if (beside < level.Count) proof.Add((beside < index ? "L" : "R") + Convert.ToHexStringLower(level[beside]));
        }

        return proof;
    }

    /// <summary>Whether a proof leads from an entry's hash to a root.</summary>
    public static bool Proves(string hash, IEnumerable<string> proof, string root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var node = Leaf(hash);
        foreach (var step in proof)
        {
            if (step.Length != 65) return false;
            var beside = Convert.FromHexString(step.AsSpan(1));
            node = step[0] == 'L' ? Node(beside, node) : Node(node, beside);
        }

        return Convert.ToHexStringLower(node) == root;
    }

    private static List<byte[]> Leaves(IReadOnlyList<string> hashes)
    {
        var leaves = new List<byte[]>(hashes.Count);
        foreach (var hash in hashes) leaves.Add(Leaf(hash));
        return leaves;
    }

    // A last node without a neighbour moves up as it is: the same tree as RFC 6962 builds from above.
    private static List<byte[]> Above(List<byte[]> level)
    {
        var above = new List<byte[]>((level.Count + 1) / 2);
        for (var index = 0; index < level.Count; index += 2)
            above.Add(index + 1 < level.Count ? Node(level[index], level[index + 1]) : level[index]);
        return above;
    }

    private static byte[] Leaf(string hash)
    {
        Span<byte> bytes = stackalloc byte[1 + SHA256.HashSizeInBytes];
        Convert.FromHexString(hash, bytes[1..], out _, out _);
        return SHA256.HashData(bytes);
    }

    private static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * SHA256.HashSizeInBytes)];
        bytes[0] = 1;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + SHA256.HashSizeInBytes)..]);
        return SHA256.HashData(bytes);
    }
}
