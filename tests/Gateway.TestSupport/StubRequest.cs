using System.Text;

namespace Gateway.TestSupport;

/// <summary>A request as it reached the model server.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query, as sent.</param>
/// <param name="Headers">All headers, names in lower case, values joined by commas.</param>
/// <param name="Body">The exact bytes.</param>
public sealed record StubRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
