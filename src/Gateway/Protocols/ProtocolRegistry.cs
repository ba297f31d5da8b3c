using System.Buffers;
using System.Collections.Frozen;

namespace Gateway.Protocols;

/// <summary>The protocols of this assembly and their operations. Exactly one may claim a request.</summary>
internal sealed class ProtocolRegistry
{
    private const int LongestName = 256;

    // Unreserved characters of a URL and the few that model names use besides: nothing that a server may read as a separator.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@:-");

    private readonly FrozenDictionary<string, Entry[]> _exact;
    private readonly Entry[] _patterns;

    public ProtocolRegistry(IEnumerable<IProtocol> protocols)
    {
        All = [.. protocols];
        Default = All.First(protocol => protocol is OpenAIChatProtocol);
        var entries = (
            from protocol in All
            from operation in protocol.Operations
            from path in operation.Paths
            select new Entry(path, protocol, operation)).ToList();
        var twice = entries.GroupBy(entry => (entry.Operation.Method, entry.Path)).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new InvalidOperationException($"{twice.Key.Method} {twice.Key.Path} is claimed by {string.Join(" and ", twice.Select(entry => entry.Protocol.Name))}.");
        _exact = entries.Where(entry => !entry.Path.Contains('{', StringComparison.Ordinal))
            .GroupBy(entry => entry.Path, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        _patterns = [.. entries.Where(entry => entry.Path.Contains('{', StringComparison.Ordinal))];
    }

    /// <summary>Every protocol, by name.</summary>
    public IReadOnlyList<IProtocol> All { get; }

    /// <summary>The protocol whose shapes are used for refusals that come before a protocol is known.</summary>
    public IProtocol Default { get; }

    /// <summary>All protocols of this assembly: a new one is found because it is there.</summary>
    public static ProtocolRegistry Discover() => new(
        typeof(IProtocol).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsClass: true } && type.IsAssignableTo(typeof(IProtocol)))
            .Select(type => (IProtocol)Activator.CreateInstance(type)!)
            .OrderBy(protocol => protocol.Name, StringComparer.Ordinal));

    /// <summary>The protocol with a name, or <see langword="null"/>.</summary>
    public IProtocol? Find(string name) => All.FirstOrDefault(protocol => protocol.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Finds who serves a request. Paths are compared exactly: a path that is almost right is nobody's and is refused.
    /// </summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">The path, decoded once.</param>
    /// <param name="only">The one protocol that the route allows; <see langword="null"/> for any.</param>
    public Claim? Claim(string method, string path, IProtocol? only = null)
    {
        if (only is GenericJsonProtocol generic) return new Claim(generic, GenericJsonProtocol.OperationOf(method), null);
        if (_exact.TryGetValue(path, out var entries))
        {
            foreach (var entry in entries)
            {
                if (entry.Serves(method, only)) return new Claim(entry.Protocol, entry.Operation, null);
            }
        }

        foreach (var entry in _patterns)
        {
            if (entry.Serves(method, only) && TryMatch(entry.Path, path, out var model)) return new Claim(entry.Protocol, entry.Operation, model);
        }

        return null;
    }

    private static bool TryMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> path, out string? model)
    {
        model = null;
        while (true)
        {
            var open = pattern.IndexOf('{');
            if (open < 0) return pattern.SequenceEqual(path);
            if (!path.StartsWith(pattern[..open], StringComparison.Ordinal)) return false;
            path = path[open..];
            var close = pattern.IndexOf('}');
            var name = pattern[(open + 1)..close];
            pattern = pattern[(close + 1)..];

            // What follows the name in its segment, such as ":generateContent", is part of the pattern.
            var next = pattern.IndexOf('/');
            var suffix = next < 0 ? pattern : pattern[..next];
            var end = path.IndexOf('/');
            var segment = end < 0 ? path : path[..end];
            if (!segment.EndsWith(suffix, StringComparison.Ordinal)) return false;
            var value = segment[..^suffix.Length];
            if (value.IsEmpty || value.Length > LongestName || value is "." or ".." || value.ContainsAnyExcept(NameCharacters)) return false;
            if (suffix.IsEmpty && name is not "model" && value.Contains(':')) return false;
            if (name is "model") model = value.ToString();
            path = path[value.Length..];
        }
    }

    private sealed record Entry(string Path, IProtocol Protocol, Operation Operation)
    {
        public bool Serves(string method, IProtocol? only) =>
            Operation.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && (only is null || only == Protocol);
    }
}
