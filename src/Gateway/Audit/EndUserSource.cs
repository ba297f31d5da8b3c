using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Finds out who asks, from nowhere but the configured places.</summary>
internal sealed class EndUserSource(GatewayOptions options)
{
    private const int MaxLength = 256;

    /// <summary>The end user a trusted header names.</summary>
    public string? FromHeaders(IHeaderDictionary headers) => Of(headers, options.EndUser.Header);

    /// <summary>Whether a trusted header says that the end user is a minor.</summary>
    public bool IsMinor(IHeaderDictionary headers) => Of(headers, options.EndUser.MinorHeader) is { } value && (value == "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase));

    /// <summary>The tenant a trusted header names.</summary>
    public string? TenantOf(IHeaderDictionary headers) => Of(headers, options.EndUser.TenantHeader);

    /// <summary>The end user that the configured member of a body names.</summary>
    public string? FromBody(ReadOnlySpan<byte> json)
    {
        if (options.EndUser.Body is not { } member) return null;
        var parts = member.Split('.');
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000, AllowMultipleValues = true });
        try
        {
            for (var depth = 0; depth < parts.Length; depth++)
            {
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !MoveTo(ref reader, parts[depth])) return null;
            }

            return reader.Read() && reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } user ? Cut(user) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool MoveTo(ref Utf8JsonReader reader, string name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name)) return true;
            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private static string? Of(IHeaderDictionary headers, string? name) =>
        name is not null && headers.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value ? Cut(value) : null;

    /// <summary>A name too long to keep in memory for everyone is stood for by its digest.</summary>
    private static string Cut(string value) =>
        value.Length <= MaxLength ? value : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
