namespace Gateway.Onnx.Features;

/// <summary>The pieces of a <c>vocab.txt</c> with their ids. Immutable.</summary>
internal sealed class WordPieceVocabulary
{
    private const string Unknown = "[UNK]", Start = "[CLS]", End = "[SEP]", Padding = "[PAD]";

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private WordPieceVocabulary(IEnumerable<string> pieces)
    {
        foreach (var piece in pieces) _ids[piece] = Count++;
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        LongestPiece = _ids.Keys.Select(piece => piece.Length).DefaultIfEmpty(0).Max();
    }

    public int Count { get; private set; }

    /// <summary>UTF-16 units of the longest piece.</summary>
    public int LongestPiece { get; }

    public int UnknownId => _ids[Unknown];

    public int StartId => _ids[Start];

    public int EndId => _ids[End];

    public int PaddingId => _ids.GetValueOrDefault(Padding, 0);

    /// <summary>Reads pieces, one a line, and names what is missing.</summary>
    public static WordPieceVocabulary Read(IEnumerable<string> lines, List<string> faults)
    {
        // As the algorithm's authors read it: only the line's end is no part of a piece.
        var vocabulary = new WordPieceVocabulary(lines.Select(line => line.TrimEnd('\r')));
        foreach (var needed in (string[])[Unknown, Start, End])
            if (!vocabulary._ids.ContainsKey(needed)) faults.Add($"the vocabulary lacks {needed}");
        return vocabulary;
    }

    public bool TryGetId(ReadOnlySpan<char> piece, out int id) => _lookup.TryGetValue(piece, out id);
}
