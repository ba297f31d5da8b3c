using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Inspection.Text;

namespace Gateway.Tenants;

/// <summary>
/// Reads tenant files: one file, or every <c>*.json</c> of a directory, each an object of tenants by name. Names of members are compared
/// without regard to case; comments and trailing commas are tolerated. Taken whole or refused whole.
/// </summary>
internal sealed class TenantLoader(string path, string? pepper, Func<string, bool> isPolicy, TimeProvider clock)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly string[] Members = ["Policy", "Models", "Keys", "Provider", "Limits", "UserLimits"];
    private static readonly string[] KeyMembers = ["Id", "Hash", "NotBefore", "Expires", "Policy"];
    private static readonly string[] LimitMembers = ["Concurrency", "RequestsPerMinute", "TokensPerMinute", "TokensPerDay"];

    private readonly List<string> _faults = [];
    private readonly Dictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Tenant, ClientKey)> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>The files of a place.</summary>
    public static IEnumerable<string> PathsOf(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal) : [path];

    /// <exception cref="TenantException">Something is wrong; every fault is named.</exception>
    public TenantBook Load()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var each in PathsOf(path))
        {
            var file = Path.GetFileName(each);
            try
            {
                var content = File.ReadAllBytes(each);
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(file));
                hash.AppendData(content);
                ReadFile(file, content.AsMemory(content.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
            }
            catch (JsonException fault)
            {
                _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file}: not valid JSON at line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}."));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                _faults.Add($"{each}: the tenant file cannot be read: {fault.Message}");
            }
        }

        byte[]? secret = null;
        try
        {
            if (pepper is not null) secret = System.Text.Encoding.UTF8.GetBytes(SecretSource.Of("Gateway:KeySecret", pepper, clock).Value);
        }
        catch (ConfigurationException fault)
        {
            _faults.Add(fault.Message);
        }

        if (secret is null && _keys.Keys.Any(key => key.StartsWith("hmac-", StringComparison.Ordinal)))
            _faults.Add($"{path}: holds keyed hashes (hmac-sha256), but Gateway:KeySecret names no secret.");
        if (_tenants.Count == 0 && _faults.Count == 0) _faults.Add($"{path}: holds no tenant. Without Gateway:Tenants nobody is asked for a key.");
        if (_faults.Count > 0) throw new TenantException(_faults);
        return new TenantBook(_tenants.Values, _keys, secret, Convert.ToHexStringLower(hash.GetHashAndReset())[..12]);
    }

    private void ReadFile(string file, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, Lenient);
        if (!IsObject(file, document.RootElement, "an object of tenants by name")) return;
        foreach (var member in document.RootElement.EnumerateObject())
        {
            var where = $"{file}: {member.Name}";
            if (!IsObject(where, member.Value, "an object with " + string.Join(", ", Members))) continue;
            if (member.Name.Length is 0 or > 128 || member.Name.Any(char.IsControl)) _faults.Add($"{where}: a tenant's name has 1 to 128 characters.");
            else if (_tenants.ContainsKey(member.Name)) _faults.Add($"{where}: there are two tenants of this name.");
            else _tenants[member.Name] = ReadTenant(where, member.Name, member.Value);
        }
    }

    private Tenant ReadTenant(string where, string name, JsonElement value)
    {
        var parts = Parts(where, value, Members);
        var tenant = new Tenant
        {
            Name = name,
            Policy = PolicyOf(where, parts.GetValueOrDefault("Policy")),
            Models = ModelsOf($"{where}:Models", parts.GetValueOrDefault("Models")),
            Limits = LimitsOf($"{where}:Limits", parts.GetValueOrDefault("Limits")),
            UserLimits = LimitsOf($"{where}:UserLimits", parts.GetValueOrDefault("UserLimits")),
            Provider = ProviderOf($"{where}:Provider", parts.GetValueOrDefault("Provider")),
        };
        if (!parts.TryGetValue("Keys", out var keys)) return tenant;
        if (keys.ValueKind != JsonValueKind.Array)
        {
            _faults.Add($"{where}:Keys is an array of objects with {string.Join(", ", KeyMembers)}.");
            return tenant;
        }

        var number = 0;
        foreach (var key in keys.EnumerateArray()) ReadKey($"{where}:Keys[{(number++).ToString(CultureInfo.InvariantCulture)}]", tenant, key);
        return tenant;
    }

    private void ReadKey(string where, Tenant tenant, JsonElement value)
    {
        if (!IsObject(where, value, "an object with " + string.Join(", ", KeyMembers))) return;
        var parts = Parts(where, value, KeyMembers);
        var id = Text(parts.GetValueOrDefault("Id"));
        if (id is not { Length: > 0 and <= 64 }) _faults.Add($"{where}:Id is missing: a name of the key for records, at most 64 characters.");
        else if (!_ids.Add(id)) _faults.Add($"{where}:Id: there are two keys '{id}'.");
        var hash = Text(parts.GetValueOrDefault("Hash"))?.ToLowerInvariant();
        var digits = hash?.Split(':') is ["sha256" or "hmac-sha256", var hex] ? hex : "";
        if (digits.Length != 64 || !digits.All(char.IsAsciiHexDigit))
        {
            _faults.Add($"{where}:Hash must be sha256:HEX or hmac-sha256:HEX with 64 hexadecimal digits. `gateway tenant key` makes a key with its hash.");
            return;
        }

        var key = new ClientKey(id ?? "", Time($"{where}:NotBefore", parts.GetValueOrDefault("NotBefore")), Time($"{where}:Expires", parts.GetValueOrDefault("Expires")), PolicyOf(where, parts.GetValueOrDefault("Policy")));
        if (!_keys.TryAdd(hash!, (tenant, key))) _faults.Add($"{where}:Hash: another key has the same hash. A key belongs to one tenant.");
    }

    private ProviderKey? ProviderOf(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined || !IsObject(where, value, "an object with Key, Header")) return null;
        var parts = Parts(where, value, ["Key", "Header"]);
        try
        {
            if (Text(parts.GetValueOrDefault("Key")) is { } place) return new ProviderKey(SecretSource.Of($"{where}:Key", place, clock), Text(parts.GetValueOrDefault("Header")));
            _faults.Add($"{where}:Key must be env:NAME or file:PATH.");
        }
        catch (ConfigurationException fault)
        {
            _faults.Add(fault.Message);
        }

        return null;
    }

    private UsageLimits LimitsOf(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined || !IsObject(where, value, "an object with " + string.Join(", ", LimitMembers))) return UsageLimits.None;
        var parts = Parts(where, value, LimitMembers);
        return new UsageLimits((int)Count("Concurrency", int.MaxValue), (int)Count("RequestsPerMinute", int.MaxValue), Count("TokensPerMinute", long.MaxValue), Count("TokensPerDay", long.MaxValue));

        long Count(string name, long most)
        {
            if (!parts.TryGetValue(name, out var part)) return 0;
            if (part.ValueKind == JsonValueKind.Number && part.TryGetInt64(out var count) && count >= 0 && count <= most) return count;
            _faults.Add($"{where}:{name} must be a whole number; 0 means without limit.");
            return 0;
        }
    }

    private (string, string)[] ModelsOf(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined || !IsObject(where, value, "an object of model names with the policy of each")) return [];
        return [.. value.EnumerateObject()
            .Select(member => (Pattern: member.Name, Policy: PolicyOf($"{where}:{member.Name}", member.Value) ?? ""))
            .Where(pair => pair.Policy.Length > 0)
            .OrderBy(pair => pair.Pattern.Contains('*', StringComparison.Ordinal)).ThenByDescending(pair => pair.Pattern.Length)];
    }

    private string? PolicyOf(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return null;
        if (Text(value) is { } name && isPolicy(name)) return name;
        _faults.Add($"{where}: Policy names '{value}', but the policy directory has no such file. Names are those of the files, without .json.");
        return null;
    }

    private DateTimeOffset? Time(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return null;
        if (value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time)) return time;
        _faults.Add($"{where} must be a time such as 2027-01-31T00:00:00Z.");
        return null;
    }

    private Dictionary<string, JsonElement> Parts(string where, JsonElement value, string[] known)
    {
        var parts = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in value.EnumerateObject())
        {
            if (known.Contains(member.Name, StringComparer.OrdinalIgnoreCase)) parts[member.Name] = member.Value;
            else
            {
                var hint = Spelling.TryNearest(member.Name, known, out var nearest) ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", known)}.";
                _faults.Add($"{where}: unknown key '{member.Name}'.{hint}");
            }
        }

        return parts;
    }

    private bool IsObject(string where, JsonElement value, string description)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        _faults.Add($"{where} is {description}.");
        return false;
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
