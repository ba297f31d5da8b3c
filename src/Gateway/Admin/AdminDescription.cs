using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.Admin;

/// <summary>The OpenAPI description of the admin API, made of its operations.</summary>
internal static partial class AdminDescription
{
    public const string Path = "/openapi.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<AdminOperation> operations)
    {
        var paths = new JsonObject();
        foreach (var operation in operations)
        {
            var path = operation.Path.Replace("{**rest}", "{id}", StringComparison.Ordinal);
            var entry = (paths[path] ??= new JsonObject()).AsObject();
            entry[operation.Method.ToLowerInvariant()] = Describe(operation, path);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Admin API of the gateway", ["version"] = "1" },
            ["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() }),
            ["components"] = new JsonObject { ["securitySchemes"] = new JsonObject { ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A key of Gateway:Admin:KeysFile, or a token of the issuer Gateway:Admin:Jwt:Authority." } } },
            ["paths"] = paths,
        }.ToJsonString(Indented);
    }

    private static JsonObject Describe(AdminOperation operation, string path)
    {
        var parameters = new JsonArray();
        foreach (Match name in NamePattern().Matches(path)) parameters.Add(Parameter(name.Groups[1].Value, "path", "", true));
        var described = new JsonObject
        {
            ["summary"] = operation.Summary,
            ["description"] = $"For the roles {string.Join(", ", operation.Roles)}. The call is recorded.",
            ["parameters"] = parameters,
        };
        if (operation.Method is "GET" or "DELETE")
        {
            foreach (var (name, summary) in operation.Parameters) parameters.Add(Parameter(name, "query", summary, false));
        }
        else if (operation.Parameters.Length > 0)
        {
            var properties = new JsonObject(operation.Parameters.Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)new JsonObject { ["description"] = pair.Summary })));
            described["requestBody"] = new JsonObject
            {
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object", ["properties"] = properties } } },
            };
        }

        described["responses"] = new JsonObject
        {
            ["200"] = Response("Done."),
            ["401"] = Response("No key or token, or one that is not valid."),
            ["403"] = Response("The role of the key or token does not allow it."),
            ["503"] = Response("The call could not be recorded, or Redis is away; nothing happened."),
        };
        return described;
    }

    private static JsonObject Parameter(string name, string place, string summary, bool isRequired) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = isRequired,
        ["description"] = summary,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Response(string description) => new() { ["description"] = description };

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex NamePattern();
}
