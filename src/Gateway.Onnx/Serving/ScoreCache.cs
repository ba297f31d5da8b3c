using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Serving;

/// <summary>
/// Scores of texts judged before, by SHA-256 over model, side and text: a chat client sends its whole history with every
/// turn. What the text's role, the policy and the epoch make of scores is decided after, every time anew, so that nothing
/// but a new model can make a score stale, and a model has a cache of its own. Bounded: two generations, of which the older is
/// forgotten when the younger is full. Safe for several threads.
/// </summary>
internal sealed class ScoreCache(string model, int capacity)
{
    private const int Block = 512;

    private readonly int _perGeneration = Math.Max(1, capacity / 2);
    private readonly byte[] _model = System.Text.Encoding.ASCII.GetBytes(model);
    private ConcurrentDictionary<Key, RiskScores> _young = new();
    private ConcurrentDictionary<Key, RiskScores> _old = new();

    /// <summary>The key of a text of which the first characters were judged before.</summary>
    public Key KeyOf(ReadOnlySpan<char> text, int fresh, TextSide side)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_model);
        Span<byte> bytes = stackalloc byte[2 * Block];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, fresh);
        bytes[4] = (byte)side;
        hash.AppendData(bytes[..5]);
        while (!text.IsEmpty)
        {
            var count = Math.Min(Block, text.Length);
            // Unit by unit: an encoder would turn different lone surrogates into the same replacement.
            for (var i = 0; i < count; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], text[i]);
            hash.AppendData(bytes[..(2 * count)]);
            text = text[count..];
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new Key(BinaryPrimitives.ReadUInt128LittleEndian(digest), BinaryPrimitives.ReadUInt128LittleEndian(digest[16..]));
    }

    public bool TryGet(Key key, out RiskScores? scores)
    {
        if (_young.TryGetValue(key, out scores)) return true;
        if (!_old.TryGetValue(key, out scores)) return false;
        Add(key, scores);
        return true;
    }

    public void Add(Key key, RiskScores scores)
    {
        var young = _young;
        young[key] = scores;
        if (young.Count <= _perGeneration) return;
        // Whoever swaps first wins; an entry that another thread adds to the younger one meanwhile is at worst forgotten.
        if (Interlocked.CompareExchange(ref _young, new ConcurrentDictionary<Key, RiskScores>(), young) == young) Volatile.Write(ref _old, young);
    }

    /// <summary>A SHA-256.</summary>
    internal readonly record struct Key(UInt128 Low, UInt128 High);
}
