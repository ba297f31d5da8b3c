using System.Globalization;

namespace Gateway.Inspection.Text;

/// <summary>
/// Folds text for comparison, character by character: case, width, compatibility forms (NFKC), invisible characters and
/// combining marks. A character folds to none, one or several folded characters, whatever stands around it, with three
/// exceptions: the halves of a surrogate pair belong together; a kana takes the voicing mark right after it (so
/// half-width ｶﾞ equals ガ); a mark of one script (an Arabic vowel sign) is dropped after a letter of another.
/// <para>
/// Composed and decomposed letters fold alike, to the bare letter: é, e + U+0301 and e all meet, on Latin, Greek and
/// Cyrillic letters, digits and Han characters. Voiced kana stay apart from unvoiced ones; Hangul and Indic spelling is kept.
/// </para>
/// Immutable and safe for any number of threads.
/// </summary>
public sealed class TextFolder
{
    /// <summary>The foldings that work character by character and keep the language: what features of a classifier are made of.</summary>
    public const Foldings CharacterFoldings =
        Foldings.Case | Foldings.Width | Foldings.Compatibility | Foldings.ZeroWidth | Foldings.CombiningMark;

    /// <summary>Every folding that this class knows; others are the matcher's.</summary>
    public const Foldings AllFoldings = CharacterFoldings | Foldings.Traditional;

    private const string Rules = "fold-1";

    private readonly FoldTable _table;

    /// <summary>Makes a folder. Computes its table, which takes some milliseconds: make one and keep it.</summary>
    /// <param name="enabled">The foldings to apply; others leave the text as it is.</param>
    public TextFolder(Foldings enabled)
    {
        enabled &= AllFoldings;
        Enabled = enabled;
        Version = enabled == CharacterFoldings ? Rules : Rules + "/" + ((int)enabled).ToString("x", CultureInfo.InvariantCulture);
        _table = new FoldTable(enabled);
    }

    /// <summary>The folder with <see cref="CharacterFoldings"/>.</summary>
    public static TextFolder Default { get; } = new(CharacterFoldings);

    /// <summary>The folder with <see cref="AllFoldings"/>: how terms are compared.</summary>
    public static TextFolder Matching { get; } = new(AllFoldings);

    /// <summary>Case and width only: how allow-list terms match.</summary>
    public static TextFolder Plain { get; } = new(Foldings.Case | Foldings.Width);

    /// <summary>The foldings applied.</summary>
    public Foldings Enabled { get; }

    /// <summary>
    /// Names the rules and the foldings applied, for audit records: <c>fold-1</c>. Changes whenever a text could fold
    /// differently.
    /// </summary>
    public string Version { get; }

    /// <summary>Folds a whole text.</summary>
    /// <param name="text">The text; lone surrogates stay as they are.</param>
    /// <param name="folded">Receives the result; its former content is dropped.</param>
    public void Fold(ReadOnlySpan<char> text, FoldedText folded)
    {
        ArgumentNullException.ThrowIfNull(folded);
        folded.Clear();
        Append(text, 0, folded);
    }

    /// <summary>Folds a whole text to a string.</summary>
    /// <param name="text">The text.</param>
    public string Fold(string text)
    {
        var folded = new FoldedText();
        Fold(text.AsSpan(), folded);
        return folded.Text.ToString();
    }

    /// <summary>The foldings a piece of text goes through, that of dropped characters included.</summary>
    /// <param name="text">A piece of text that starts and ends between characters.</param>
    public Foldings FoldingsIn(ReadOnlySpan<char> text)
    {
        var foldings = Foldings.None;
        for (var i = 0; i < text.Length; i++)
        {
            var unit = text[i];
            if (char.IsHighSurrogate(unit) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                if (_table.TryGetSpecial(char.ConvertToUtf32(unit, text[i + 1]), out var folded)) foldings |= folded.Foldings;
                i++;
            }
            else if (IsScriptMark(unit))
            {
                if (i > 0 && !FoldTable.HasMarksOfItsOwn(text[i - 1])) foldings |= Foldings.CombiningMark;
            }
            else foldings |= _table.FoldingsOf(unit);
        }

        return foldings;
    }

    /// <summary>
    /// How many characters at the end of a text may fold differently once more text follows: 1 after a high surrogate or
    /// a kana that can take a voicing mark, else 0.
    /// </summary>
    /// <param name="text">The text so far.</param>
    public int UnsettledTail(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return 0;
        var last = text[^1];
        return char.IsHighSurrogate(last) || IsVoiceable(_table.Simple[last]) ? 1 : 0;
    }

    /// <summary>Whether a folded character could become another one by a voicing mark after it.</summary>
    internal bool IsVoiceable(char symbol) => _table.Voice(symbol, '\u3099') != '\0' || _table.Voice(symbol, '\u309A') != '\0';

    /// <summary>Whether a character can voice the kana before it.</summary>
    internal bool IsVoicing(char unit) => _table.VoicingOf(unit) != '\0';

    /// <summary>The one character that a UTF-16 unit folds to; 0 where the answer is another.</summary>
    internal char SimpleOf(char unit) => _table.Simple[unit];

    /// <summary>Whether a character is dropped, whatever stands before it.</summary>
    internal bool IsSkipped(int code) =>
        (code > char.MaxValue || _table.Simple[code] == '\0') && _table.TryGetSpecial(code, out var folded) && folded.Text is "";

    /// <summary>Folds a further block of a text; blocks must not cut a surrogate pair.</summary>
    /// <param name="text">The block.</param>
    /// <param name="offset">Offset of the block in the text.</param>
    /// <param name="folded">Receives the characters after those it has.</param>
    internal void Append(ReadOnlySpan<char> text, int offset, FoldedText folded)
    {
        ReadOnlySpan<char> simple = _table.Simple;
        var i = 0;
        while (i < text.Length)
        {
            folded.Reserve(text.Length - i);
            folded.Free(out var symbols, out var starts, out var ends);
            var run = text[i..];
            symbols = symbols[..run.Length];
            starts = starts[..run.Length];
            ends = ends[..run.Length];
            var n = 0;
            for (; n < run.Length; n++)
            {
                var symbol = simple[run[n]];
                if (symbol == '\0') break;
                symbols[n] = symbol;
                starts[n] = offset + i + n;
                ends[n] = offset + i + n + 1;
            }

            folded.Advance(n);
            i += n;
            if (i < text.Length) i += AppendSpecial(text, i, offset, folded);
        }
    }

    /// <summary>Whether a character is a mark of one script, kept after its letters and dropped after others.</summary>
    internal bool IsScriptMark(char unit) =>
        _table.Simple[unit] == '\0' && _table.TryGetSpecial(unit, out var folded) && folded.Text is null;

    /// <summary>Folds the one character at a position that does not fold to one character of the basic plane.</summary>
    /// <returns>Its length, UTF-16 units.</returns>
    private int AppendSpecial(ReadOnlySpan<char> text, int index, int offset, FoldedText folded)
    {
        var unit = text[index];
        var start = offset + index;

        // 1. A voicing mark joins the kana right before it and is dropped elsewhere.
        if (_table.VoicingOf(unit) is not '\0' and var mark)
        {
            if (folded.Length == 0 || folded.Ends[^1] != start) return 1;
            var voiced = _table.Voice(folded.Text[^1], mark);
            if (voiced != '\0') folded.ExtendLast(voiced, start + 1);
            return 1;
        }

        // 2. Surrogates: a pair is one character, a lone half stands for itself.
        int code = unit;
        var length = 1;
        if (char.IsSurrogate(unit))
        {
            if (index + 1 == text.Length || !char.IsSurrogatePair(unit, text[index + 1]))
            {
                folded.Add(unit, start, start + 1);
                return 1;
            }

            code = char.ConvertToUtf32(unit, text[index + 1]);
            length = 2;
            if (!_table.TryGetSpecial(code, out _))
            {
                folded.Add(unit, start, start + 2);
                folded.Add(text[index + 1], start, start + 2);
                return 2;
            }
        }

        // 3. What the table says: dropped, or one or more characters that all stand for this one.
        _table.TryGetSpecial(code, out var special);
        if (special.Text is null)
        {
            if (folded.Length == 0 || FoldTable.HasMarksOfItsOwn(folded.Text[^1])) folded.Add(unit, start, start + 1);
            return length;
        }

        foreach (var symbol in special.Text) folded.Add(symbol, start, start + length);
        return length;
    }
}
