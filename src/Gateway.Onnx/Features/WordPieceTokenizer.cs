using System.Globalization;
using System.Text;

namespace Gateway.Onnx.Features;

/// <summary>
/// BERT's tokenizer: cuts at blanks, punctuation and Han characters, then each word into the longest pieces the vocabulary
/// has. Keeps for each id where in the text it comes from. Reused from text to text by one thread.
/// </summary>
internal sealed class WordPieceTokenizer(WordPieceVocabulary vocabulary, bool lowercase)
{
    /// <summary>A longer word is unknown as a whole.</summary>
    private const int LongestWord = 100;

    private readonly StringBuilder _word = new();
    private readonly List<int> _units = [];
    private readonly List<Rune> _parts = [];
    private readonly List<Token> _tokens = [];
    private int _wordRunes;
    private int _wordStart;
    private int _wordEnd;

    /// <summary>A piece of the text read last.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Start">Where it begins in the text, UTF-16 units.</param>
    /// <param name="End">Where it ends.</param>
    internal readonly record struct Token(int Id, int Start, int End);

    /// <summary>The pieces of the text read last, without the ids that frame a window.</summary>
    public IReadOnlyList<Token> Tokens => _tokens;

    /// <summary>Reads a text.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        _tokens.Clear();
        for (var i = 0; i < text.Length;)
        {
            // A lone surrogate becomes the replacement character, which is skipped like control characters.
            Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
            if (IsBlank(rune)) EndWord();
            else if (rune.Value is 0 or 0xFFFD || IsControl(rune)) { }
            else if (IsHan(rune.Value) || IsPunctuation(rune))
            {
                EndWord();
                Add(rune, i, length);
                EndWord();
            }
            else Add(rune, i, length);

            i += length;
        }

        EndWord();
    }

    private void Add(Rune rune, int start, int length)
    {
        if (_word.Length == 0) _wordStart = start;
        _wordEnd = start + length;
        if (!lowercase)
        {
            Append(rune.ToString(), start);
            return;
        }

        _parts.Clear();
        AccentTable.Strip(Rune.ToLowerInvariant(rune), _parts);
        foreach (var part in _parts) Append(part.ToString(), start);
    }

    private void Append(string part, int start)
    {
        _word.Append(part);
        _wordRunes++;
        for (var i = 0; i < part.Length; i++) _units.Add(start);
    }

    private void EndWord()
    {
        if (_word.Length > 0) Split(_word.ToString());
        _word.Clear();
        _units.Clear();
        _wordRunes = 0;
    }

    private void Split(string word)
    {
        var first = _tokens.Count;
        if (_wordRunes > LongestWord)
        {
            _tokens.Add(new Token(vocabulary.UnknownId, _wordStart, _wordEnd));
            return;
        }

        Span<char> piece = stackalloc char[(2 * LongestWord) + 4];
        for (var start = 0; start < word.Length;)
        {
            var prefix = start > 0 ? 2 : 0;
            piece[..prefix].Fill('#');
            var end = Math.Min(word.Length, start + vocabulary.LongestPiece);
            var id = -1;
            for (; end > start; end--)
            {
                word.AsSpan(start, end - start).CopyTo(piece[prefix..]);
                if (vocabulary.TryGetId(piece[..(prefix + end - start)], out id)) break;
                id = -1;
            }

            if (id < 0)
            {
                // One part that the vocabulary does not have makes the whole word unknown.
                _tokens.RemoveRange(first, _tokens.Count - first);
                _tokens.Add(new Token(vocabulary.UnknownId, _wordStart, _wordEnd));
                return;
            }

            _tokens.Add(new Token(id, _units[start], end < _units.Count ? _units[end] : _wordEnd));
            start = end;
        }
    }

    private static bool IsBlank(Rune rune) => rune.Value is ' ' or '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator;

    private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>All ASCII signs that are neither letters nor digits, "$" and "`" too, and what Unicode calls punctuation.</summary>
    private static bool IsPunctuation(Rune rune) =>
        rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    private static bool IsHan(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
