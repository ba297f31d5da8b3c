namespace Gateway.Onnx.Features;

/// <summary>
/// Lays overlapping windows over the rows of a text, and short passages inside them, so that harm in one paragraph is not
/// drowned by those around it. Every row lies in a window, and the last window ends with the text: nothing is ever clipped.
/// </summary>
internal static class WindowPlan
{
    /// <summary>
    /// Appends the row ranges to judge. Each window is followed by the passages that begin in it before the next window
    /// does; those lie wholly inside it.
    /// </summary>
    public static void Lay(NgramSettings settings, int rows, List<(int First, int End)> ranges)
    {
        if (rows == 0) return;
        var passage = 0;
        for (var window = 0; ; window += settings.StrideRows)
        {
            var first = Math.Min(window, Math.Max(0, rows - settings.WindowRows));
            var end = Math.Min(first + settings.WindowRows, rows);
            ranges.Add((first, end));
            if (settings.PassageRows > 0 && rows > settings.PassageRows)
            {
                var last = rows - settings.PassageRows;
                var until = end == rows ? last : first + settings.StrideRows - 1;
                for (; passage <= until; passage += settings.PassageStrideRows) ranges.Add((passage, passage + settings.PassageRows));
                // The last passage ends with the text, too.
                if (end == rows && ranges[^1] != (last, rows)) ranges.Add((last, rows));
            }

            if (end == rows) return;
        }
    }
}
