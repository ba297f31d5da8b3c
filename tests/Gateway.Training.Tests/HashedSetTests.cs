using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Features;
using Gateway.Training.Data;

namespace Gateway.Training.Tests;

public sealed class HashedSetTests
{
    private static readonly string[] Labels = ["any", "privacy-right"];

    [Fact]
    public void Target_SourceThatReadersDisagreeOn_IsLessSurelyHarmfulAndHarmlessAllTheSame()
    {
        var set = Make(Text("a", "cold", "privacy-right"), Text("b", "cold"), Text("c", "catqa", "privacy-right"));
        Assert.InRange(set.Target(0), 0.8f, 0.99f);
        Assert.Equal((0f, 1f), (set.Target(1), set.Target(2)));
    }

    [Fact]
    public void With_OtherTexts_IsWhatReadingAllAtOnceGives()
    {
        Example[] first = [Text("some words of one", "s", "privacy-right"), Text("两句话", "s")], second = [Text("others", "t"), Text("", "t"), Text("别的话", "t", "privacy-right")];
        var (joined, whole) = (Make(first).With(new NgramSettings(), Make(second)), Make([.. first, .. second]));
        Assert.Equal(whole.Examples, joined.Examples);
        Assert.Equal(whole.LabelBits, joined.LabelBits);
        Span<float> expected = stackalloc float[NgramTraits.Count], actual = stackalloc float[NgramTraits.Count];
        for (var i = 0; i < whole.Count; i++)
        {
            Assert.Equal(whole.Ids(i).ToArray(), joined.Ids(i).ToArray());
            Assert.Equal(whole.Windows(i), joined.Windows(i));
            whole.Traits(i, 5, 5, expected);
            joined.Traits(i, 5, 5, actual);
            Assert.Equal(expected.ToArray(), actual.ToArray());
        }
    }

    private static HashedSet Make(params Example[] examples) => HashedSet.Make(new NgramSettings(), examples, Labels);

    private static Example Text(string text, string source, params string[] labels) => new(text, "en", TextSide.Prompt, labels, source);
}
