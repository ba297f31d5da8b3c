using Gateway.Onnx.Features;

namespace Gateway.Onnx.Tests;

public sealed class WindowPlanTests
{
    [Theory]
    [InlineData(48, 24, 8, 4)]
    [InlineData(4, 2, 2, 1)]
    [InlineData(4, 4, 0, 1)]
    [InlineData(5, 3, 2, 2)]
    [InlineData(1, 1, 0, 1)]
    public void Lay_AnyLength_CoversEveryRowAndKeepsPassagesInsideTheirWindow(int window, int stride, int passage, int passageStride)
    {
        var settings = new NgramSettings { WindowRows = window, StrideRows = stride, PassageRows = passage, PassageStrideRows = passageStride };
        for (var rows = 0; rows <= 300; rows++)
        {
            var ranges = new List<(int First, int End)>();
            WindowPlan.Lay(settings, rows, ranges);

            var (windowEnd, passageEnd, current) = (0, 0, (First: 0, End: 0));
            foreach (var range in ranges)
            {
                Assert.InRange(range.End - range.First, 1, window);
                if (range.End - range.First == Math.Min(window, rows))
                {
                    Assert.True(range.First <= windowEnd, $"{rows} rows: a gap before window {range}");
                    (windowEnd, current) = (range.End, range);
                    continue;
                }

                Assert.True(range.First <= passageEnd, $"{rows} rows: a gap before passage {range}");
                passageEnd = range.End;
                Assert.True(range.First >= current.First && range.End <= current.End, $"{rows} rows: passage {range} leaves {current}");
            }

            Assert.Equal(rows, windowEnd);
            if (passage > 0 && rows > passage && passage != Math.Min(window, rows)) Assert.Equal(rows, passageEnd);
            Assert.Equal(ranges.Count, ranges.Distinct().Count());
        }
    }
}
