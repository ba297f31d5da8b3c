using System.Text;

namespace Gateway.TestSupport;

/// <summary>
/// Everything that gateways inside the test process write to standard output and error, so that tests can look for text
/// that must not be there.
/// </summary>
public sealed class LogCapture : TextWriter
{
    private readonly TextWriter _inner;
    private static readonly Lock Gate = new();
    private static readonly StringBuilder Written = new();
    private static bool _installed;

    private LogCapture(TextWriter inner) => _inner = inner;

    public override Encoding Encoding => Encoding.UTF8;

    public static int Position
    {
        get
        {
            lock (Gate) return Written.Length;
        }
    }

    /// <summary>Begins to listen; later calls do nothing.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (_installed) return;
            _installed = true;
            Console.SetOut(new LogCapture(Console.Out));
            Console.SetError(new LogCapture(Console.Error));
        }
    }

    /// <summary>What was written since a position.</summary>
    public static string Since(int position)
    {
        lock (Gate) return Written.ToString(position, Written.Length - position);
    }

    public override void Write(char value) => Keep([value]);

    public override void Write(string? value) => Keep(value);

    public override void Write(char[] buffer, int index, int count) => Keep(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Keep(buffer);

    public override void Flush() => _inner.Flush();

    private static void Keep(ReadOnlySpan<char> text)
    {
        lock (Gate) Written.Append(text);
    }
}
