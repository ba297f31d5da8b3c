using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Yarp.ReverseProxy;

namespace Gateway.Admin;

/// <summary>Policies and tenants: reading, explaining, putting files in place. What is put in place comes into force as a file that somebody copies does.</summary>
internal sealed class PolicyDesk(EpochSource epochs, EpochReloader reloader, IProxyStateLookup proxy)
{
    private static readonly string[] ForAdmins = AdminRoles.Running;

    public IEnumerable<AdminOperation> Operations =>
    [
        new("GET", "/policies", AdminRoles.All, "The policies in force and those to come.", ListAsync),
        new("GET", "/policies/explain", AdminRoles.All, "Which policies come together for an exchange, and where each value comes from.", ExplainAsync)
        {
            Parameters = [("tenant", "tenant"), ("route", "route, or policy of a route"), ("model", "model that the request names"), ("key", "id of the client key")],
        },
        new("GET", "/policies/schema", AdminRoles.All, "The JSON schema of policy files.", call => call.AnswerAsync(JsonNode.Parse(PolicySchema.Write())!)),
        new("GET", "/policies/{name}", AdminRoles.All, "A policy as it is written.", ShowAsync) { Parameters = [("candidate", "true for the one to come")] },
        new("PUT", "/policies/{name}", ForAdmins, "Puts a policy in place, or with candidate=true among those to come, which only judge in shadow. The body is the policy.", PutAsync),
        new("DELETE", "/policies/{name}", ForAdmins, "Takes a policy to come away again (candidate=true).", DeleteAsync) { Parameters = [("candidate", "true")] },
        new("GET", "/tenants", AdminRoles.All, "Tenants with their policies, limits and the ids of their keys.", TenantsAsync),
    ];

    private Task ListAsync(AdminCall call)
    {
        var epoch = epochs.Current;
        return call.AnswerAsync(new JsonObject
        {
            ["epoch"] = epoch.Id,
            ["version"] = epoch.Book.Version,
            ["base"] = epoch.Book.HasBase,
            ["policies"] = Names(epoch.Book),
            ["candidates"] = epoch.Candidate is null ? null : new JsonArray([.. FilesOf(epochs.Files.Candidate).Select(name => (JsonNode?)name)]),
            ["notes"] = new JsonArray([.. epoch.Book.Notes.Select(note => (JsonNode?)note)]),
        });
    }

    private Task ExplainAsync(AdminCall call)
    {
        var (book, tenants) = (epochs.Current.Book, epochs.Current.Tenants);
        var keyed = call.Query("key") is { } key ? tenants.KeyNamed(key) : null;
        if (call.Query("key") is not null && keyed is null) return call.FailAsync(404, "There is no such key.");
        var tenant = keyed?.Tenant ?? (call.Query("tenant") is { } name ? tenants.Find(name) : null);
        if (call.Query("tenant") is { } named && tenant?.Name != named) return call.FailAsync(404, "There is no such tenant, or the key is another's.");
        var route = call.Query("route") ?? PolicyBook.DefaultName;
        if (proxy.TryGetRoute(route, out var known)) route = known.Config.Metadata?.GetValueOrDefault("Policy") ?? route;
        if (!book.Policies.ContainsKey(route)) return call.FailAsync(404, "There is no such route or policy.");
        var layers = PolicyBook.LayersOf(tenant?.Policy, route, tenant?.ForModel(call.Query("model")) ?? book.ForModel(call.Query("model")), keyed?.Key.Policy);
        return call.AnswerAsync(PolicyExplanation.ToJson(book, layers));
    }

    private async Task ShowAsync(AdminCall call)
    {
        var (path, _) = Place(call);
        if (path is null || !File.Exists(path)) await call.FailAsync(404, "There is no such policy.");
        else
        {
            call.Context.Response.ContentType = "application/json; charset=utf-8";
            await call.Context.Response.WriteAsync(await File.ReadAllTextAsync(path, call.Context.RequestAborted));
        }
    }

    private async Task PutAsync(AdminCall call)
    {
        var (path, isCandidate) = Place(call);
        if (path is null)
        {
            await call.FailAsync(400, "A policy's name has letters, digits, dots, hyphens and underscores only.");
            return;
        }

        if (await call.BytesAsync() is not { } content)
        {
            await call.FailAsync(413, "The policy is too large.");
            return;
        }

        // The whole directory must hold with it: what is wrong is said here, and nothing is written.
        var aside = Path.Combine(Path.GetTempPath(), $"gateway-policy-{Guid.NewGuid():N}");
        Directory.CreateDirectory(aside);
        try
        {
            var file = Path.Combine(aside, Path.GetFileName(path));
            await File.WriteAllBytesAsync(file, content.ToArray(), call.Context.RequestAborted);
            PolicyLoader.LoadBook(epochs.Files.Policies, epochs.Defaults, file);
            PlacedFile.Write(path, content.Span);
        }
        catch (PolicyException fault)
        {
            await call.AnswerAsync(new JsonObject { ["error"] = "The policy is at fault.", ["faults"] = new JsonArray([.. fault.Faults.Select(each => (JsonNode?)each)]) }, 400);
            return;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await call.FailAsync(500, $"The policy directory cannot be written: {fault.Message}");
            return;
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }

        reloader.Ask();
        await call.AnswerAsync(new JsonObject { ["name"] = call.Values["name"], ["candidate"] = isCandidate, ["waits"] = !isCandidate && reloader.NeedsApproval }, 202);
    }

    private Task DeleteAsync(AdminCall call)
    {
        var (path, isCandidate) = Place(call);
        if (!isCandidate) return call.FailAsync(400, "Only policies to come are taken away here: ?candidate=true.");
        if (path is null || !File.Exists(path)) return call.FailAsync(404, "There is no such policy to come.");
        File.Delete(path);
        if (!FilesOf(epochs.Files.Candidate).Any()) Directory.Delete(epochs.Files.Candidate, recursive: true);
        reloader.Ask();
        return call.AnswerAsync(new JsonObject { ["name"] = call.Values["name"], ["candidate"] = true }, 202);
    }

    private Task TenantsAsync(AdminCall call)
    {
        var tenants = epochs.Current.Tenants;
        return call.AnswerAsync(new JsonObject
        {
            ["version"] = tenants.Version,
            ["tenants"] = new JsonArray([.. tenants.Tenants.OrderBy(tenant => tenant.Name, StringComparer.Ordinal).Select(tenant => (JsonNode?)new JsonObject
            {
                ["name"] = tenant.Name,
                ["policy"] = tenant.Policy,
                ["limits"] = JsonSerializer.SerializeToNode(tenant.Limits),
                ["userLimits"] = JsonSerializer.SerializeToNode(tenant.UserLimits),
                ["providerKey"] = tenant.Provider?.Secret.Place,
                ["keys"] = new JsonArray([.. tenants.KeysOf(tenant).Select(key => (JsonNode?)new JsonObject { ["id"] = key.Id, ["policy"] = key.Policy, ["notBefore"] = key.NotBefore, ["expires"] = key.Expires })]),
            })]),
        });
    }

    private (string? Path, bool IsCandidate) Place(AdminCall call)
    {
        var (name, isCandidate) = (call.Values["name"], call.Query("candidate") == "true");
        return (PlacedFile.IsName(name) ? Path.Combine(isCandidate ? epochs.Files.Candidate : epochs.Files.Policies, name + ".json") : null, isCandidate);
    }

    private static JsonArray Names(PolicyBook book) => new([.. book.Policies.Keys.Order(StringComparer.Ordinal).Select(name => (JsonNode?)name)]);

    private static IEnumerable<string> FilesOf(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.json").Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal) : [];
}
