using System.Buffers;

namespace Gateway.Benchmarks;

/// <summary>
/// .NET's own multi-string search. It finds the first place where some pattern begins; going on one character later finds every
/// such place, once, however many patterns begin there.
/// </summary>
internal sealed class SearchValuesEngine(string[] patterns) : MatchEngine
{
    private readonly SearchValues<string> _values = System.Buffers.SearchValues.Create(patterns, StringComparison.Ordinal);

    public override long Scan(Document document)
    {
        long places = 0;
        ReadOnlySpan<char> rest = document.Text;
        for (int at; (at = rest.IndexOfAny(_values)) >= 0; rest = rest[(at + 1)..]) places++;
        return places;
    }
}
