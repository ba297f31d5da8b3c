using System.Buffers;

namespace Gateway.Onnx.Features;

/// <summary>
/// Undoes spelling that hides words from n-grams: separators between Han characters ("加-微-信"), between single
/// letters ("k i l l", and "t o" beside it), and digits and signs that stand for a letter inside a word ("p0rn"). What it does is part of the
/// contract with a trained model. Reused from text to text by one thread.
/// </summary>
internal sealed class JoinedSpelling
{
    /// <summary>Separators in a row that are skipped between Han characters at most.</summary>
    private const int MostSeparators = 3;

    /// <summary>Single letters in a row that are taken for one word at least.</summary>
    private const int LeastLetters = 3;

    /// <summary>Blanks and separators between two words that are spelled letter by letter at most.</summary>
    private const int MostBetweenWords = 4;

    private char[] _characters = new char[1024];
    private int[] _positions = new int[1024];
    private int _length;

    /// <summary>The text that was read last, joined.</summary>
    public ReadOnlySpan<char> Text => _characters.AsSpan(0, _length);

    /// <summary>Where a character of <see cref="Text"/> lies in the text read last; its length for the end.</summary>
    public int Position(int index) => _positions[index];

    /// <summary>Reads a folded text.</summary>
    public void Read(ReadOnlySpan<char> folded)
    {
        if (_characters.Length <= folded.Length)
        {
            _characters = new char[folded.Length * 2];
            _positions = new int[folded.Length * 2];
        }

        _length = 0;
        var spelledEnd = -1;
        for (var i = 0; i < folded.Length; i++)
        {
            var c = folded[i];
            // Nearly every character stands for itself: one of a dense script, and a letter with another beside it.
            if (NgramHasher.IsDense(c) || (IsLetter(c) && i + 1 < folded.Length && IsLetterOrDigit(folded[i + 1])))
            {
                Add(c, i);
                continue;
            }

            if (IsSeparator(c) && _length > 0 && IsHan(_characters[_length - 1]) && HanAfter(folded, i) is > 0 and var next)
            {
                i = next - 1;
                continue;
            }

            // Two letters are taken for a word only beside one that is spelled so without doubt: "a b" alone is a list.
            if (IsLetterOrDigit(c) && LettersFrom(folded, i) is >= 2 and var letters && (letters >= LeastLetters || IsBesideSpelled(folded, i, spelledEnd)))
            {
                for (var n = 0; n < letters; n++) Add(folded[i + (2 * n)], i + (2 * n));
                i += 2 * (letters - 1);
                spelledEnd = i + 1;
                continue;
            }

            Add(StandsFor(c) is not '\0' and var letter && _length > 0 && IsLetter(_characters[_length - 1]) && i + 1 < folded.Length && IsLetter(folded[i + 1]) ? letter : c, i);
        }

        _positions[_length] = folded.Length;
    }

    private void Add(char c, int position)
    {
        _characters[_length] = c;
        _positions[_length++] = position;
    }

    /// <summary>Where the next Han character after a few separators lies; 0 when something else follows.</summary>
    private static int HanAfter(ReadOnlySpan<char> text, int separator)
    {
        var i = separator;
        while (i < text.Length && i - separator < MostSeparators && IsSeparator(text[i])) i++;
        return i < text.Length && IsHan(text[i]) ? i : 0;
    }

    /// <summary>Whether a word of two letters that begins at a position follows a spelled word, or precedes one.</summary>
    private static bool IsBesideSpelled(ReadOnlySpan<char> text, int start, int spelledEnd)
    {
        // The second letter begins a word of its own: "a p-e-n".
        if (LettersFrom(text, start + 2) >= LeastLetters) return false;
        if (spelledEnd >= 0 && start - spelledEnd <= MostBetweenWords && text[spelledEnd..start].IndexOfAnyExcept(Between) < 0) return true;
        var next = start + 3;
        while (next < text.Length && next - start - 3 < MostBetweenWords && Between.Contains(text[next])) next++;
        return next < text.Length && LettersFrom(text, next) >= LeastLetters;
    }

    /// <summary>How many single letters with one and the same separator between them begin at a position.</summary>
    private static int LettersFrom(ReadOnlySpan<char> text, int start)
    {
        if (start > 0 && IsLetterOrDigit(text[start - 1])) return 0;
        if (start + 1 >= text.Length || !Between.Contains(text[start + 1])) return 0;
        var separator = text[start + 1];
        var (letters, hasLetter) = (1, IsLetter(text[start]));
        var at = start;
        while (at + 2 < text.Length && text[at + 1] == separator && IsLetterOrDigit(text[at + 2]) && !(at + 3 < text.Length && IsLetterOrDigit(text[at + 3])))
        {
            at += 2;
            letters++;
            hasLetter |= IsLetter(text[at]);
        }

        return hasLetter ? letters : 0;
    }

    private static char StandsFor(char c) => c switch
    {
        '0' => 'o',
        '1' or '!' => 'i',
        '3' => 'e',
        '4' or '@' => 'a',
        '5' or '$' => 's',
        '7' => 't',
        _ => '\0',
    };

    private static bool IsSeparator(char c) =>
        c is ' ' or '*' or '_' or '-' or '.' or '|' or '/' or '\\' or '~' or '^' or '·' or '•' or '+' or '#' or '=';

    /// <summary>What may stand between letters: the same, and blanks that between Han characters end a line of verse.</summary>
    private static readonly SearchValues<char> Between = SearchValues.Create(" *_-.|/\\~^·•+#=\t\n");

    private static bool IsHan(char c) => c is (>= '\u4E00' and <= '\u9FFF') or (>= '\u3400' and <= '\u4DBF');

    private static bool IsLetter(char c) => c is >= 'a' and <= 'z';

    private static bool IsLetterOrDigit(char c) => IsLetter(c) || c is >= '0' and <= '9';
}
