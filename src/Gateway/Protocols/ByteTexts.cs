using System.Text;

namespace Gateway.Protocols;

/// <summary>
/// Text that is spelled as lists of bytes, as log probabilities do. Lists of one place go on with each other, and in a stream a character whose bytes
/// come with several events is whole with the last of them.
/// </summary>
internal sealed class ByteTexts
{
    private readonly Dictionary<(ulong Hash, int Group, int Part), byte[]> _unfinished = [];
    private readonly List<byte> _list = [];

    public void Clear()
    {
        if (_unfinished.Count > 0) _unfinished.Clear();
    }

    public void Begin() => _list.Clear();

    public void Add(byte value) => _list.Add(value);

    /// <summary>The text of the list, with what an earlier one of its place left over.</summary>
    /// <param name="place">The place; <see langword="null"/> for a list that stands for itself.</param>
    /// <param name="to">Room for as many characters as there are bytes, and three more.</param>
    public int End((ulong Hash, int Group, int Part)? place, Span<char> to)
    {
        if (_list.Count == 0) return 0;
        if (place is not { } key) return Encoding.UTF8.GetChars([.. _list], to);
        byte[] bytes = [.. _unfinished.GetValueOrDefault(key) ?? [], .. _list];
        var whole = bytes.Length;
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var first = bytes[^back];
            if ((first & 0xC0) == 0x80) continue;
            var needs = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
            if (needs > back) whole = bytes.Length - back;
            break;
        }

        _unfinished[key] = bytes[whole..];
        return Encoding.UTF8.GetChars(bytes.AsSpan(0, whole), to);
    }
}
