using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Audit.Keys;

/// <summary>
/// One line of the store's file. All lines have one length, so that a key is destroyed by writing over it in place and
/// no copy of the file with the key still in it is made on the way.
/// </summary>
internal sealed record KeySlot
{
    /// <summary>Bytes of a line, line feed included.</summary>
    public const int Length = 384;

    /// <summary>How the key stands.</summary>
    public required KeyState State { get; init; }

    /// <summary>When it was minted, locked or erased.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What finds the slot by tenant and user: a keyed digest under the master key.</summary>
    public string? Lookup { get; init; }

    /// <summary>What stands for the subject in records.</summary>
    public string? Pseudonym { get; init; }

    /// <summary>For keys of a month of unknown persons: the month, <c>yyyy-MM</c>.</summary>
    public string? Month { get; init; }

    /// <summary>The wrapped key, base64.</summary>
    public string? Key { get; init; }

    /// <summary>The line.</summary>
    public byte[] ToLine()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, KeySlotJsonContext.Default.KeySlot);
        if (json.Length >= Length) throw new InvalidOperationException("A slot of the key store is too long.");
        var line = new byte[Length];
        line.AsSpan().Fill((byte)' ');
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        return line;
    }

    /// <summary>Reads a line.</summary>
    /// <returns><see langword="null"/> for a line that was not finished or was damaged.</returns>
    public static KeySlot? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(line), KeySlotJsonContext.Default.KeySlot);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Generated JSON code for slots.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeySlot))]
internal sealed partial class KeySlotJsonContext : JsonSerializerContext;
