using Gateway.Onnx.Features;

namespace Gateway.Onnx.Tests;

/// <summary>The vectors that the algorithm's authors published with it, and where each piece lies in the text.</summary>
public sealed class WordPieceTokenizerTests
{
    private static readonly string[] Special = ["[UNK]", "[CLS]", "[SEP]"];

    [Theory]
    [InlineData("", "")]
    [InlineData("unwanted running", "un ##want ##ed runn ##ing")]
    [InlineData("unwantedX running", "[UNK] runn ##ing")]
    [InlineData("UNwant\u00E9d,running", "un ##want ##ed , runn ##ing")]
    public void Read_PublishedVectors_GiveThePublishedPieces(string text, string expected) =>
        Assert.Equal(expected, Pieces(text, true, [.. Special, "want", "##want", "##ed", "wa", "un", "runn", "##ing", ","]));

    [Theory]
    [InlineData(true, " \tHeLLo!how  \n Are yoU?  ", "hello ! how are you ?")]
    [InlineData(false, " \tHeLLo!how  \n Are yoU?  ", "HeLLo ! how Are yoU ?")]
    [InlineData(true, "H\u00E9llo", "hello")]
    [InlineData(true, "He\u0301llo", "hello")]
    [InlineData(true, "ah\u535A\u63A8zz", "ah \u535A \u63A8 zz")]
    [InlineData(true, "\u1EBF \u0419 \u304C \uAC01 \u212B", "e \u0438 \u304B \u1100\u1161\u11A8 a")]
    [InlineData(true, "a\u0000b\u200Dc\uFFFDd", "abcd")]
    [InlineData(true, "x\u00A0y\u3000z", "x y z")]
    [InlineData(true, "a-b$c`d，e。", "a - b $ c ` d ， e 。")]
    [InlineData(true, "\U00020000x", "\U00020000 x")]
    public void Read_Words_AreCutAsPublished(bool lowercase, string text, string expected) =>
        Assert.Equal(expected, Pieces(text, lowercase, [.. Special, .. expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct()]));

    [Theory]
    [InlineData(100, false)]
    [InlineData(101, true)]
    public void Read_LongWord_IsUnknownPast100Characters(int length, bool isUnknown) =>
        Assert.Equal(isUnknown ? "[UNK]" : "a " + string.Join(' ', Enumerable.Repeat("##a", length - 1)), Pieces(new string('a', length), true, [.. Special, "a", "##a"]));

    [Fact]
    public void Read_AnyText_EachPieceSaysWhereItComesFrom()
    {
        var tokenizer = new WordPieceTokenizer(Vocabulary([.. Special, "un", "##want", "##ed", "坏", "e"]), true);
        const string text = "  un\u200Dwanted 坏\u0301, E\u0301";
        tokenizer.Read(text);
        Assert.Equal(["un\u200D", "want", "ed", "坏", ",", "E\u0301"], tokenizer.Tokens.Select(token => text[token.Start..token.End]));
    }

    private static string Pieces(string text, bool lowercase, string[] vocabulary)
    {
        var tokenizer = new WordPieceTokenizer(Vocabulary(vocabulary), lowercase);
        tokenizer.Read(text);
        return string.Join(' ', tokenizer.Tokens.Select(token => vocabulary[token.Id]));
    }

    private static WordPieceVocabulary Vocabulary(string[] pieces)
    {
        var faults = new List<string>();
        var vocabulary = WordPieceVocabulary.Read(pieces, faults);
        Assert.Empty(faults);
        return vocabulary;
    }
}
