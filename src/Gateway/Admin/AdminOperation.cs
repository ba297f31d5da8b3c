namespace Gateway.Admin;

/// <summary>One call of the admin API.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path; <c>{name}</c> stands for one segment, a last <c>{**rest}</c> for any.</param>
/// <param name="Roles">Who may.</param>
/// <param name="Summary">What it does, for the description.</param>
/// <param name="Answer">Answers it.</param>
internal sealed record AdminOperation(string Method, string Path, string[] Roles, string Summary, Func<AdminCall, Task> Answer)
{
    private readonly string[] _segments = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Query parameters or members of the body, with what each is.</summary>
    public (string Name, string Summary)[] Parameters { get; init; } = [];

    /// <summary>The values of the path's names, where a path is of this kind.</summary>
    public Dictionary<string, string>? Match(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < _segments.Length; i++)
        {
            if (_segments[i] == "{**rest}") return values;
            if (i >= segments.Length) return null;
            if (_segments[i].StartsWith('{')) values[_segments[i].Trim('{', '}')] = Uri.UnescapeDataString(segments[i]);
            else if (_segments[i] != segments[i]) return null;
        }

        return segments.Length == _segments.Length ? values : null;
    }
}
