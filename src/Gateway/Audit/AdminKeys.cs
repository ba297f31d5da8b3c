using System.Security.Cryptography;
using System.Text;
using Gateway.Admin;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Who may call the admin API. Keys are known by their hash; the file is read at start.</summary>
internal sealed class AdminKeys
{
    private readonly List<(string Name, string Role, byte[] Hash)> _keys = [];

    /// <exception cref="ConfigurationException">The file cannot be read, or a line is at fault.</exception>
    public AdminKeys(GatewayOptions options)
    {
        if (options.Admin.KeysFile is not { Length: > 0 } path) return;
        if (!File.Exists(path)) throw new ConfigurationException($"Gateway:Admin:KeysFile is '{path}', but there is no such file.");
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Trim().Length == 0 || line[0] == '#') continue;
            var parts = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (parts is not [var name, var role, { Length: 64 } hash] || !AdminRoles.All.Contains(role, StringComparer.Ordinal) || !hash.All(char.IsAsciiHexDigit))
                throw new ConfigurationException($"{path}, line {number}: a line is NAME {string.Join('|', AdminRoles.All)} SHA256, the hash in 64 hex digits (`printf %s KEY | sha256sum` makes it).");
            _keys.Add((name, role, Convert.FromHexString(hash)));
        }
    }

    /// <summary>The key or token that a request carries as <c>Authorization: Bearer KEY</c>.</summary>
    public static string? Presented(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header["Bearer ".Length..].Trim() is { Length: > 0 } presented ? presented : null;
    }

    /// <summary>Whose key it is.</summary>
    public (string Name, string Role)? Of(string presented)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(presented));
        (string, string)? found = null;
        foreach (var (name, role, known) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known)) found = (name, role);
        }

        return found;
    }
}
