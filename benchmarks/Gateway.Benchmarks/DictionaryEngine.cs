namespace Gateway.Benchmarks;

/// <summary>Aho-Corasick as textbooks have it: a trie with a dictionary in each node, failure links and output links.</summary>
internal sealed class DictionaryEngine : MatchEngine
{
    private readonly List<Dictionary<char, int>> _next = [[]];
    private readonly List<int> _fail = [0];
    private readonly List<int> _output = [0]; // the nearest state, this one included, where a pattern ends; 0 for none
    private readonly List<int> _length = [0]; // length of the pattern that ends here; 0 for none

    public DictionaryEngine(string[] patterns)
    {
        foreach (var pattern in patterns)
        {
            int state = 0;
            foreach (var character in pattern)
            {
                if (!_next[state].TryGetValue(character, out int child))
                {
                    child = _next.Count;
                    _next[state].Add(character, child);
                    _next.Add([]);
                    _fail.Add(0);
                    _output.Add(0);
                    _length.Add(0);
                }

                state = child;
            }

            _length[state] = pattern.Length;
            _output[state] = state;
        }

        var queue = new Queue<int>(_next[0].Values);
        while (queue.TryDequeue(out int state))
        {
            if (_output[state] == 0) _output[state] = _output[_fail[state]];
            foreach (var (character, child) in _next[state])
            {
                _fail[child] = Step(_fail[state], character);
                queue.Enqueue(child);
            }
        }
    }

    public override long Scan(Document document)
    {
        long matches = 0;
        int state = 0;
        foreach (var character in document.Text)
        {
            state = Step(state, character);
            for (int output = _output[state]; output != 0; output = _output[_fail[output]]) matches++;
        }

        return matches;
    }

    /// <summary>In how many places a match begins: what <see cref="SearchValuesEngine"/> must find.</summary>
    public long CountPlaces(Document document)
    {
        var places = new HashSet<int>();
        int state = 0;
        for (int i = 0; i < document.Text.Length; i++)
        {
            state = Step(state, document.Text[i]);
            for (int output = _output[state]; output != 0; output = _output[_fail[output]]) places.Add(i + 1 - _length[output]);
        }

        return places.Count;
    }

    private int Step(int state, char character)
    {
        while (true)
        {
            if (_next[state].TryGetValue(character, out int next)) return next;
            if (state == 0) return 0;
            state = _fail[state];
        }
    }
}
