using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;

namespace Gateway.Onnx.Tests;

public sealed class JoinedSpellingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("加-微-信", "加微信")]
    [InlineData("加 · 微 · 信", "加微信")]
    [InlineData("加    微", "加    微")]
    [InlineData("枪 支 ok", "枪支 ok")]
    [InlineData("k i l l him", "kill him")]
    [InlineData("b.o.m.b", "bomb")]
    [InlineData("p0rn and h3r0in", "porn and heroin")]
    [InlineData("mp3 b2b 1 2 3 4", "mp3 b2b 1 2 3 4")]
    [InlineData("a b", "a b")]
    [InlineData("h o w  t o  k i l l  h i m", "how  to  kill  him")]
    [InlineData("h.o.w t.o k.i.l.l", "how to kill")]
    [InlineData("t o   k i l l", "to   kill")]
    [InlineData("t o     k i l l", "t o     kill")]
    [InlineData("k i l l, t o", "kill, t o")]
    [InlineData("k\ti\tl\tl and b\no\nm\nb", "kill and bomb")]
    [InlineData("a\tb", "a\tb")]
    [InlineData("k-i-l-l a p-e-r-s-o-n", "kill a person")]
    [InlineData("光\n疑", "光\n疑")]
    [InlineData("i am a dog", "i am a dog")]
    [InlineData("1,000.50", "1,000.50")]
    public void Read_HiddenWords_AreJoinedAndOthersAreNot(string text, string expected)
    {
        var joined = new JoinedSpelling();
        joined.Read(text);
        Assert.Equal(expected, joined.Text.ToString());
    }

    [Fact]
    public void Position_AnyText_RisesAndEndsWithTheText()
    {
        const int seed = 9;
        var random = new Random(seed);
        const string alphabet = "ab01 -.加微 信*@$\n";
        var joined = new JoinedSpelling();
        for (var round = 0; round < 500; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            joined.Read(text);
            for (var i = 0; i < joined.Text.Length; i++)
            {
                Assert.True(joined.Position(i) < joined.Position(i + 1), $"seed {seed}: {text}");
                if (char.IsAsciiLetter(text[joined.Position(i)])) Assert.Equal(text[joined.Position(i)], joined.Text[i]);
            }

            Assert.Equal(text.Length, joined.Position(joined.Text.Length));
        }
    }

    [Theory]
    [InlineData("加微信买枪支", "加 微 信 买 枪 支")]
    [InlineData("加微信买枪支", "加\u200B微\u200B信＊买枪支")]
    [InlineData("枪支在国家", "槍 支在國家")]
    [InlineData("buy porn now", "buy p0rn now")]
    [InlineData("buy porn now", "ｂｕｙ ｐｏｒｎ ｎｏｗ")]
    public void Read_EvasiveSpelling_GivesTheSameIds(string plain, string evasive) => Assert.Equal(Ids(plain), Ids(evasive));

    /// <summary>The shipped model is worth nothing with other ids: a change of folding, too, must be noticed here.</summary>
    [Fact]
    public void Read_KnownAnswer_GivesTheIdsThatTheShippedModelWasTrainedOn() =>
        Assert.Equal("374005 42399 108018 407258 130384 254101", string.Join(' ', Ids("買 槍 k1ll n.o.w", TextSide.Response).Take(6)));

    [Fact]
    public void Read_Answer_HasTheIdsOfAPromptAndMore()
    {
        var (prompt, answer) = (Ids("kill the 进程 now"), Ids("kill the 进程 now", TextSide.Response));
        Assert.All(prompt, id => Assert.Contains(id, answer));
        Assert.True(answer.Length > prompt.Length);
    }

    private static int[] Ids(string text, TextSide side = TextSide.Prompt)
    {
        var features = new TextFeatures(new NgramSettings { JoinsSpelling = true, SideWords = true });
        features.Read(text, side);
        return features.Ids.All.ToArray();
    }
}
