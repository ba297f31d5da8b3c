using System.Text;
using System.Text.Json.Nodes;
using Gateway.Tenants;

namespace Gateway.FunctionalTests.Tenants;

/// <summary>Builds tenant files.</summary>
internal static class TenantFile
{
    /// <summary>A key in clear, as a client shows it.</summary>
    public static string KeyOf(string id) => $"gw_secret-of-{id}-0123456789";

    public static JsonObject Tenant(params (string Name, JsonNode Value)[] members)
    {
        var tenant = new JsonObject();
        foreach (var (name, value) in members) tenant[name] = value;
        return tenant;
    }

    public static JsonArray Keys(params JsonObject[] keys) => new([.. keys]);

    public static JsonObject Key(string id, params (string Name, string Value)[] members)
    {
        var key = new JsonObject { ["Id"] = id, ["Hash"] = TenantBook.HashOf(Encoding.UTF8.GetBytes(KeyOf(id)), null) };
        foreach (var (name, value) in members) key[name] = value;
        return key;
    }
}
