using System.Globalization;

namespace Gateway.Training;

/// <summary>A bar on one line of a terminal; nothing where output goes to a file.</summary>
internal sealed class ProgressBar(TextWriter output, bool isTerminal)
{
    private const int Width = 30;
    private int _shown = -1;

    /// <summary>Shows how far something is, 0 to 1.</summary>
    public void Show(string what, double share)
    {
        var filled = (int)(Width * Math.Clamp(share, 0, 1));
        if (!isTerminal || Interlocked.Exchange(ref _shown, filled) == filled) return;
        output.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what} [{new string('#', filled)}{new string('.', Width - filled)}] {100 * share:0} % "));
        output.Flush();
    }

    /// <summary>Clears the line for what is printed next.</summary>
    public void Clear()
    {
        if (!isTerminal || _shown < 0) return;
        _shown = -1;
        output.Write($"\r{new string(' ', Width + 30)}\r");
    }
}
