using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Inspection.Policies;

/// <summary>
/// Reads policy files: <c>*.json</c>, one policy a file, named after it. Names and words are compared without regard to
/// case; comments and trailing commas are tolerated. A directory is taken whole or refused whole.
/// </summary>
public static class PolicyLoader
{
    /// <summary>Folder within a policy directory that holds the policies to come.</summary>
    public const string CandidateFolder = "candidate";

    /// <summary>Loads every policy of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="defaults">The model's own thresholds by label; a policy's entries override them.</param>
    /// <returns>The policies by name, and a hash of names and contents (16 hexadecimal digits).</returns>
    /// <exception cref="PolicyException">The directory or a file is at fault; every fault is named.</exception>
    public static (FrozenDictionary<string, Policy> Policies, string Version) Load(
        string directory, IReadOnlyDictionary<string, Thresholds> defaults)
    {
        var book = LoadBook(directory, defaults);
        return (book.Policies, book.Version);
    }

    /// <summary>Loads every policy of a directory with what ties them together.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="defaults">The model's own thresholds by label; a policy's entries override them.</param>
    /// <param name="candidate">A file, or a directory of files, that take the place of those of the same name, or join them.</param>
    /// <exception cref="PolicyException">The directory or a file is at fault; every fault is named.</exception>
    public static PolicyBook LoadBook(string directory, IReadOnlyDictionary<string, Thresholds> defaults, string? candidate = null)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        if (!Directory.Exists(directory)) throw new PolicyException([$"{directory}: the policy directory does not exist. Name one with --policies."]);

        var faults = new List<string>();
        var documents = new Dictionary<string, PolicyDocument>(StringComparer.OrdinalIgnoreCase);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Read(directory, "", documents, hash, faults);
        if (documents.Count == 0 && faults.Count == 0) faults.Add($"{directory}: holds no policy file. At least default.json is needed.");
        if (candidate is not null) Read(candidate, CandidateFolder + "/", documents, hash, faults);
        var version = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        return PolicyInheritance.Make(documents, defaults, version, faults) ?? throw new PolicyException(faults);
    }

    private static void Read(string directory, string prefix, Dictionary<string, PolicyDocument> documents, IncrementalHash hash, List<string> faults)
    {
        string[] paths = File.Exists(directory) ? [directory] : [.. Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal)];
        foreach (var path in paths)
        {
            var file = prefix + Path.GetFileName(path);
            var name = Path.GetFileNameWithoutExtension(path);
            try
            {
                var content = File.ReadAllBytes(path);
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(file));
                hash.AppendData(content);
                if (name.Contains(PolicyBook.Joint, StringComparison.Ordinal)) faults.Add($"{file}: '{PolicyBook.Joint}' joins the names of policies in records; call the file otherwise.");
                documents[name] = new PolicyReader(file, faults).Read(name, content);
            }
            catch (JsonException fault)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{file}: not valid JSON at line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}."));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: cannot be read: {fault.Message}");
            }
        }
    }
}
