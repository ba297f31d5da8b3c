using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Audit.Keys;

namespace Gateway.Audit.Archive;

/// <summary>The legal holds in force: a file beside the keys, because they decide about keys too.</summary>
public sealed class HoldBook
{
    private const string FileName = "holds.json";

    private readonly string _path;
    private readonly List<LegalHold> _holds;

    private HoldBook(string path, List<LegalHold> holds) => (_path, _holds) = (path, holds);

    /// <summary>The holds.</summary>
    public IReadOnlyList<LegalHold> Holds => _holds;

    /// <summary>Opens the book of a key store.</summary>
    /// <param name="keys">Directory of the key store.</param>
    /// <exception cref="KeyStoreException">The file cannot be read.</exception>
    public static HoldBook Open(string keys)
    {
        var path = Path.Combine(keys, FileName);
        try
        {
            return new HoldBook(path, File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), HoldJsonContext.Default.ListLegalHold) ?? [] : []);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"The legal holds in {path} cannot be read: {exception.Message} Nothing is deleted or erased until they can.", exception);
        }
    }

    /// <summary>Sets a hold.</summary>
    public void Set(LegalHold hold)
    {
        ArgumentNullException.ThrowIfNull(hold);
        _holds.Add(hold);
        Write();
    }

    /// <summary>Releases a hold.</summary>
    /// <returns><see langword="null"/> if there is none of this id.</returns>
    public LegalHold? Release(string id)
    {
        var hold = _holds.Find(each => each.Id == id);
        if (hold is null) return null;
        _holds.Remove(hold);
        Write();
        return hold;
    }

    /// <summary>The holds that name a person, or everyone of a tenant or time: those that defer an erasure.</summary>
    /// <param name="pseudonym">The person.</param>
    /// <param name="tenant">The person's tenant.</param>
    public IReadOnlyList<LegalHold> Deferring(string pseudonym, string tenant) =>
        [.. _holds.Where(hold => hold.Exchange is null && (hold.Users?.Contains(pseudonym) ?? true) && (hold.Tenant is null || hold.Tenant == tenant))];

    private void Write()
    {
        using (var file = new FileStream(_path + ".new", PrivateFile.Options(FileMode.Create)))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(_holds, HoldJsonContext.Default.ListLegalHold));
            file.Flush(flushToDisk: true);
        }

        File.Move(_path + ".new", _path, overwrite: true);
        Journal.DirectoryFlush.Flush(Path.GetDirectoryName(_path)!);
    }
}

/// <summary>Generated JSON code for holds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<LegalHold>))]
internal sealed partial class HoldJsonContext : JsonSerializerContext;
