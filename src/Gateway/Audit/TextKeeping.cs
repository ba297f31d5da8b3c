using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Protocols;
using Gateway.Proxy;

namespace Gateway.Audit;

/// <summary>Takes texts out of scanned bodies for the record.</summary>
internal static class TextKeeping
{
    /// <summary>Fields whose place is looked up: naming a place walks the body again.</summary>
    private const int NamedFields = 64;

    /// <summary>Takes the fields of a body, each with its place.</summary>
    public static void Take(ScannedJson scanned, ReadOnlyMemory<byte> json, Judgement judgement, KeptText text)
    {
        for (var index = 0; index < scanned.Fields.Count; index++)
        {
            var isFlagged = judgement.FlaggedFields.Contains(index);
            text.Add(isFlagged || index < NamedFields ? Name(scanned, json, index) : Number(index), scanned.TextOf(scanned.Fields[index]).ToString(), isFlagged);
        }
    }

    /// <summary>The digest of a body's fields, without a copy that outlives it.</summary>
    public static string? DigestOf(ScannedJson scanned, SubjectKey key)
    {
        if (scanned.Fields.Count == 0) return null;
        var most = 0;
        foreach (var field in scanned.Fields) most += Encoding.UTF8.GetMaxByteCount(field.Length) + 1;
        var joined = ArrayPool<byte>.Shared.Rent(most);
        var length = 0;
        foreach (var field in scanned.Fields)
        {
            length += Encoding.UTF8.GetBytes(scanned.TextOf(field).Span, joined.AsSpan(length));
            joined[length++] = 0;
        }

        var digest = key.Digest(joined.AsSpan(0, length));
        CryptographicOperations.ZeroMemory(joined.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(joined);
        return digest;
    }

    /// <summary>The fields of the last message of a prompt; all of them where the protocol knows no messages.</summary>
    public static IReadOnlyList<KeptField> LastMessage(Operation operation, ReadOnlyMemory<byte> body, LimitsOptions limits)
    {
        var json = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        var scanned = new ScannedJson();
        JsonTextScanner.Scan(json.Span, operation.Request ?? JsonShape.Unknown, limits.JsonDepth, limits.TextFields, scanned);
        if (scanned.Fault != ScanFault.None) return [];
        var last = scanned.Fields.Count == 0 ? -1 : scanned.Fields.Max(field => field.Group);
        var kept = new List<KeptField>();
        for (var index = 0; index < scanned.Fields.Count; index++)
        {
            var field = scanned.Fields[index];
            if (field.IsName || field.Group != last) continue;
            kept.Add(new KeptField(kept.Count < NamedFields ? Name(scanned, json, index) : Number(index), scanned.TextOf(field).ToString()));
        }

        return kept;
    }

    private static string Name(ScannedJson scanned, ReadOnlyMemory<byte> json, int index) => JsonPath.Of(json.Span, scanned.Fields[index].TokenStart);

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
