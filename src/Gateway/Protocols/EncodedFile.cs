using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Protocols;

/// <summary>Tells files that are text from pictures and sound, which have bytes that no text has, also where they come in base64.</summary>
internal static class EncodedFile
{
    private const int Glance = 64; // characters of base64 that tell nearly every picture and sound

    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(value => (byte)value).Where(value => value is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f')), 0x7F]);

    /// <summary>Whether bytes are a text.</summary>
    public static bool IsText(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAny(Controls) && Utf8.IsValid(bytes);

    /// <summary>The text behind a data URL or a run of base64.</summary>
    /// <param name="value">The URL or run, without escapes.</param>
    /// <returns>UTF-8; <see langword="null"/> when it is no text.</returns>
    public static byte[]? TextOf(ReadOnlySpan<byte> value)
    {
        if (value.StartsWith("data:"u8)) value = value[(value.IndexOf((byte)',') + 1)..];
        value = value.TrimEnd((byte)'=');
        if (value.Length > Glance && !MayBeText(Decode(value[..Glance]))) return null;
        return Decode(value) is { } bytes && IsText(bytes) ? bytes : null;
    }

    private static bool MayBeText(ReadOnlySpan<byte> beginning)
    {
        if (beginning.IsEmpty || beginning.ContainsAny(Controls)) return false;

        // The last character may be cut.
        var end = beginning.Length;
        while (end > beginning.Length - 4 && Rune.DecodeFromUtf8(beginning[(end - 1)..], out _, out _) != OperationStatus.Done) end--;
        return Utf8.IsValid(beginning[..end]);
    }

    private static byte[]? Decode(ReadOnlySpan<byte> run)
    {
        var padded = new byte[(run.Length + 3) / 4 * 4];
        for (var i = 0; i < run.Length; i++) padded[i] = run[i] switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', var other => other };
        padded.AsSpan(run.Length).Fill((byte)'=');
        return Base64.DecodeFromUtf8InPlace(padded, out var length) == OperationStatus.Done ? padded[..length] : null;
    }
}
