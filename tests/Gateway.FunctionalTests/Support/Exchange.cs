using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>One answer of the gateway, read to its end.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">All headers, names in lower case.</param>
/// <param name="Body">The exact bytes.</param>
/// <param name="IsComplete">The body ended as HTTP says it must; false when the connection broke.</param>
internal sealed record Exchange(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, bool IsComplete = true)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public ReceivedEvents Events => new(Body);

    public string? Id => Headers.GetValueOrDefault("gateway-request-id");

    public string? Action => Headers.GetValueOrDefault("gateway-action");

    public string? ContentType => Headers.GetValueOrDefault("content-type");

    public static async Task<Exchange> ReadAsync(HttpResponseMessage response)
    {
        using var body = new MemoryStream();
        var complete = true;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync();
            await stream.CopyToAsync(body);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            complete = false;
        }

        return new Exchange((int)response.StatusCode, HeadersOf(response), body.ToArray(), complete);
    }

    public static Dictionary<string, string> HeadersOf(HttpResponseMessage response) => response.Headers
        .Concat(response.Content.Headers)
        .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(',', header.Value));
}
