namespace Gateway.Onnx.Features;

/// <summary>
/// Lays overlapping windows over the rows of a text: every row lies in a window, and the last window ends with the text,
/// so nothing is ever clipped. A text that fits into one window has exactly one.
/// </summary>
internal readonly struct WindowPlan(NgramSettings settings, int rows)
{
    /// <summary>Windows over the text; 0 for a text without ids.</summary>
    public int Count => rows == 0 ? 0
        : rows <= settings.WindowRows ? 1
        : 1 + ((rows - settings.WindowRows + settings.StrideRows - 1) / settings.StrideRows);

    /// <summary>First row of a window.</summary>
    public int FirstRow(int window) => Math.Min(window * settings.StrideRows, Math.Max(0, rows - settings.WindowRows));

    /// <summary>Row after the last of a window.</summary>
    public int EndRow(int window) => Math.Min(FirstRow(window) + settings.WindowRows, rows);
}
