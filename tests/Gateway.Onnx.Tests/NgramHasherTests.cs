using Gateway.Onnx.Features;

namespace Gateway.Onnx.Tests;

public sealed class NgramHasherTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Hi all")]
    [InlineData("你好")]
    [InlineData("买ＶＩＰ码, now!")]
    public void Read_KnownText_GivesTheIdsThatShippedModelsWereTrainedOn(string text)
    {
        var features = new TextFeatures(new NgramSettings());
        features.Read(text);
        Assert.Equal(Golden[text], string.Join(' ', features.Ids.All.ToArray()));
    }

    private static readonly Dictionary<string, string> Golden = new()
    {
        ["a"] = "316633",
        ["Hi all"] = "453462 276276 196928 172351 369644 400054 331858",
        ["你好"] = "376444 365591 471239 175356 274111",
        ["买ＶＩＰ码, now!"] = "374005 42399 238502 103691 405044 500986 74651 265009 242017 130166 164081 118761 56095 441873 470089 444641 217123 56203 399682 334690",
    };

    [Fact]
    public void Read_LinearBits_GivesFinerIdsOfTheSameBuckets()
    {
        var (coarse, fine) = (new NgramSettings(), new NgramSettings { LinearBits = 3, RepeatIds = 100 });
        Assert.Equal(Ids("some words, some words 和一些汉字一些汉字", coarse), Ids("some words, some words 和一些汉字一些汉字", fine).Select(fine.Bucket));
        Assert.Equal(0, fine.Bucket(0));
        Assert.Equal(fine.Buckets, fine.Bucket(fine.HighestId));
    }

    [Fact]
    public void Read_RepeatIds_MarksWhatCameWithinThemAndNothingElse()
    {
        var settings = new NgramSettings { DenseOrder = 1, WordOrder = 0, RepeatIds = 3 };
        var (one, two, three, four) = (Ids("一", settings)[0], Ids("二", settings)[0], Ids("三", settings)[0], Ids("四", settings)[0]);
        Assert.Equal([one, -one, two, three, -one, four, -three, two], Ids("一一二三一四三二", settings));
        Assert.Equal([one, two], Ids("一二", settings));
    }

    [Fact]
    public void Read_AfterAnotherText_MarksNothingOfThatOne()
    {
        var features = new TextFeatures(new NgramSettings { RepeatIds = 100 });
        features.Read("你好");
        var first = features.Ids.All.ToArray();
        features.Read("你好");
        Assert.Equal(first, features.Ids.All.ToArray());
    }

    [Fact]
    public void Read_BlanksOfAnyKind_CountAsOneBoundary()
    {
        Assert.Equal(Ids("one two"), Ids("  one \r\n\t two\u3000\n"));
        Assert.NotEqual(Ids("one two"), Ids("onetwo"));
    }

    [Fact]
    public void Read_Opening_HasAnIdMoreForWordsAndPairsAndNothingElseChanges()
    {
        var opening = new NgramSettings { OpeningLength = 9 };
        // "bring", "me" and the pair of both (a word ends at the character after it); nothing of what begins later.
        Assert.Equal(3, Ids("bring me the long rope", opening).Length - Ids("bring me the long rope").Length);
        Assert.Empty(Ids("bring me the long rope").Except(Ids("bring me the long rope", opening)));
        // Nine pairs of ten characters, the first one with the boundary.
        Assert.Equal(9, Ids("怎么把绳子系在树上呢", opening).Length - Ids("怎么把绳子系在树上呢").Length);
    }

    [Fact]
    public void Read_FoldedForms_GiveTheSameIds()
    {
        Assert.Equal(Ids("free vip 你好"), Ids("ＦＲＥＥ V\u200BIP 你\u200B好"));
    }

    [Fact]
    public void Read_AnyText_KeepsIdsWithinTheBucketsAndTheirNumberWithinBounds()
    {
        var random = new Random(5);
        var settings = new NgramSettings { Buckets = 1024 };
        var features = new TextFeatures(settings);
        for (var i = 0; i < 300; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(0x10000))]);
            features.Read(text);
            Assert.All(features.Ids.All.ToArray(), id => Assert.InRange(id, 1, settings.Buckets));
            Assert.True(features.Ids.Count <= (text.Normalize(System.Text.NormalizationForm.FormC).Length * 20 * 5) + 10);
            Assert.Equal((features.Ids.Count + settings.RowIds - 1) / settings.RowIds, features.Ids.Rows);
        }
    }

    [Fact]
    public void RowStart_LongText_RisesAndPointsIntoTheText()
    {
        var features = new TextFeatures(new NgramSettings());
        var text = string.Concat(Enumerable.Repeat("some words 和一些汉字。", 200));
        features.Read(text);
        for (var row = 1; row < features.Ids.Rows; row++)
        {
            Assert.True(features.Original(features.Ids.RowStart(row)) >= features.Original(features.Ids.RowStart(row - 1)));
            Assert.InRange(features.Original(features.Ids.RowStart(row)), 0, text.Length);
        }
    }

    private static int[] Ids(string text, NgramSettings? settings = null)
    {
        var features = new TextFeatures(settings ?? new NgramSettings());
        features.Read(text);
        return features.Ids.All.ToArray();
    }
}
