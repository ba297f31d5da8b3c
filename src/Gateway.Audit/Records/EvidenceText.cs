using System.Text.Json;
using Gateway.Audit.Keys;

namespace Gateway.Audit.Records;

/// <summary>Makes and opens the text of records.</summary>
public static class EvidenceText
{
    /// <summary>Characters of a direction that a record keeps; beyond, the beginning is kept and the record says so.</summary>
    public const int MaxChars = 256 * 1024;

    /// <summary>Name of the form that holds the fields with findings.</summary>
    public const string Evidence = "evidence";

    /// <summary>Name of the form that holds every field.</summary>
    public const string Full = "full";

    /// <summary>Seals the text of a direction.</summary>
    /// <param name="key">The subject's key.</param>
    /// <param name="id">Id of the exchange.</param>
    /// <param name="direction"><c>request</c> or <c>response</c>.</param>
    /// <param name="form">Which fields these are.</param>
    /// <param name="fields">The fields.</param>
    public static SealedText Seal(SubjectKey key, string id, string direction, string form, IReadOnlyList<KeptField> fields)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(fields);
        var kept = new List<KeptField>(fields.Count);
        var left = MaxChars;
        long chars = 0;
        foreach (var field in fields)
        {
            chars += field.Text.Length;
            if (left == 0) continue;
            kept.Add(field.Text.Length <= left ? field : field with { Text = field.Text[..left] });
            left -= Math.Min(left, field.Text.Length);
        }

        var plain = JsonSerializer.SerializeToUtf8Bytes(kept, AuditJsonContext.Default.ListKeptField);
        return new SealedText
        {
            Form = form,
            Subject = key.Pseudonym,
            Chars = Math.Min(chars, MaxChars),
            Truncated = chars > MaxChars ? true : null,
            Data = Convert.ToBase64String(key.Encrypt(plain, Context(id, direction))),
        };
    }

    /// <summary>Opens a sealed text.</summary>
    /// <returns><see langword="null"/> if its key is gone or does not fit.</returns>
    public static IReadOnlyList<KeptField>? Open(SubjectKey? key, string id, string direction, SealedText text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (key is null || !System.Buffers.Text.Base64.IsValid(text.Data)) return null;
        var plain = key.Decrypt(Convert.FromBase64String(text.Data), Context(id, direction));
        return plain is null ? null : JsonSerializer.Deserialize(plain, AuditJsonContext.Default.ListKeptField);
    }

    private static string Context(string id, string direction) => $"{id}/{direction}";
}
