using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>
/// Finds every string of a JSON body in one pass. Structural strings are exempt only while they look like identifiers
/// (at most <see cref="StructuralBytes"/> printable ASCII characters without a space): a sentence in the place of an id is text.
/// </summary>
internal static class JsonTextScanner
{
    /// <summary>Longest structural string, bytes. Longer ones are judged as text.</summary>
    public const int StructuralBytes = 256;

    private const ulong HashSeed = 0xcbf29ce484222325;
    private const ulong HashPrime = 0x100000001b3;

    /// <summary>Scans a body.</summary>
    /// <param name="json">UTF-8 without byte order mark, valid as UTF-8.</param>
    /// <param name="shape">What the protocol knows of it.</param>
    /// <param name="maxDepth">Deepest nesting.</param>
    /// <param name="maxFields">Most texts.</param>
    /// <param name="result">Takes the findings; reset first.</param>
    /// <param name="severalValues">Accept several values in a row (events may hold more than one).</param>
    /// <returns><paramref name="result"/>; its <see cref="ScannedJson.Fault"/> says whether the body could be read.</returns>
    public static ScannedJson Scan(
        ReadOnlySpan<byte> json, JsonShape shape, int maxDepth, int maxFields, ScannedJson result, bool severalValues = false)
    {
        result.Reset();
        var frames = ArrayPool<Frame>.Shared.Rent(maxDepth + 1);
        var options = new JsonReaderOptions { MaxDepth = maxDepth, AllowMultipleValues = severalValues };
        var reader = new Utf8JsonReader(json, options);
        try
        {
            return Walk(ref reader, shape, maxFields, frames, result);
        }
        catch (JsonException fault)
        {
            // The reader's own message may quote the body; only the position is passed on.
            var depth = reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0);
            var next = json[(int)reader.BytesConsumed..].TrimStart(" \t\r\n,:"u8);
            var tooDeep = depth >= maxDepth && !next.IsEmpty && (next[0] is (byte)'{' or (byte)'[');
            return result.Fail(
                tooDeep ? ScanFault.TooDeep : ScanFault.Malformed,
                position: ((fault.LineNumber ?? 0) + 1, (fault.BytePositionInLine ?? 0) + 1));
        }
        catch (InvalidOperationException)
        {
            return result.Fail(ScanFault.InvalidText);
        }
        finally
        {
            ArrayPool<Frame>.Shared.Return(frames);
        }
    }

    /// <summary>Takes a body that is not JSON as one text.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="result">Takes the text; reset first.</param>
    public static void TakePlainText(ReadOnlySpan<byte> text, ScannedJson result)
    {
        result.Reset();
        var length = Encoding.UTF8.GetChars(text, result.Reserve(text.Length));
        var start = result.Advance(length);
        result.Fields.Add(new TextField(start, length, FieldRule.Text, HashSeed, -1, -1, -1, false));
    }

    private static ScannedJson Walk(
        ref Utf8JsonReader reader, JsonShape shape, int maxFields, Frame[] frames, ScannedJson result)
    {
        var depth = 0; // frames[depth] describes the container that the reader is in; 0 is outside of all.
        var node = shape.Root;
        frames[0] = new Frame { Node = node, Hash = HashSeed, Group = -1, Sub = -1 };
        var hash = HashSeed;
        while (reader.Read())
        {
            // 1. A name moves to the property's place; its value follows.
            ref var frame = ref frames[depth];
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var child = frame.Node.Find(ref reader);
                if (child is null)
                {
                    hash = Mix(frame.Hash, reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);
                    node = frame.Node.Rest;
                    if (!AddText(ref reader, result, maxFields, node, hash, frame, isName: true)) return result.Fail(ScanFault.TooManyFields);
                }
                else
                {
                    var bit = 1UL << child.Ordinal;
                    if ((frame.Seen & bit) != 0) return result.Fail(ScanFault.DuplicateProperty, child.Name);
                    frame.Seen |= bit;
                    hash = Mix(frame.Hash, child.Ordinal);
                    node = child;
                }

                continue;
            }

            // 2. The end of a container: back to where it stood.
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.EndObject && (frame.Node.RequiredMask & ~frame.Seen) is var missing and not 0)
                {
                    return result.Fail(ScanFault.MissingProperty, frame.Node.NameOf(System.Numerics.BitOperations.TrailingZeroCount(missing)));
                }

                if (frame.OpensGroup) result.Groups[frame.Group] = result.Groups[frame.Group] with { ByteEnd = (int)reader.BytesConsumed };
                depth--;
                continue;
            }

            // 3. A value. In an array, its place is that of the elements.
            if (frame.IsArray)
            {
                node = frame.Node.Items ?? frame.Node.Rest;
                hash = Mix(frame.Hash, -2);
            }
            else if (depth == 0)
            {
                node = shape.Root;
                hash = HashSeed;
            }

            if (node.Expected is { } expected && Array.IndexOf(expected, reader.TokenType) < 0) return result.Fail(ScanFault.WrongType, node.Name);
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    var next = new Frame
                    {
                        Node = node,
                        Hash = hash,
                        IsArray = reader.TokenType == JsonTokenType.StartArray,
                        Group = frame.Group,
                        Sub = frame.Sub,
                    };
                    if (node.IsGroup && frame.IsArray)
                    {
                        next.OpensGroup = true;
                        next.Group = result.Groups.Count;
                        next.Sub = -1;
                        result.Groups.Add(new JsonGroup((int)reader.TokenStartIndex, 0, frame.Elements, false));
                    }
                    else if (node.IsSubGroup && frame.IsArray)
                    {
                        next.Sub = result.SubIndexes.Count;
                        result.SubIndexes.Add(frame.Elements);
                    }

                    frame.Elements++;
                    frames[++depth] = next;
                    break;
                case JsonTokenType.String:
                    frame.Elements++;
                    if (!TakeString(ref reader, result, maxFields, node, hash, frame)) return result.Fail(ScanFault.TooManyFields);
                    break;
                default:
                    frame.Elements++;
                    TakeScalar(ref reader, result, node, frame);
                    break;
            }
        }

        return result;
    }

    private static bool TakeString(
        ref Utf8JsonReader reader, ScannedJson result, int maxFields, ShapeNode node, ulong hash, in Frame frame)
    {
        var value = reader.ValueSpan;
        switch (node.Rule)
        {
            case FieldRule.Structural when LooksStructural(ref reader):
                if (node.Capture == FieldCapture.Finish)
                {
                    if (frame.Group >= 0) result.Groups[frame.Group] = result.Groups[frame.Group] with { IsFinished = true };
                }
                else if (node.Capture != FieldCapture.None)
                {
                    result.Capture(node.Capture, (int)reader.TokenStartIndex + 1, value.Length);
                }

                return true;
            case FieldRule.Media when IsEncoded(ref reader):
                result.Unjudged.Add(new UnjudgedField(node.MediaKind ?? "media", value.Length, (int)reader.TokenStartIndex));
                return true;
            case FieldRule.Media:
                // A link: its letters are judged, what it leads to is not.
                result.Unjudged.Add(new UnjudgedField(node.MediaKind ?? "media", 0, (int)reader.TokenStartIndex));
                return AddText(ref reader, result, maxFields, node, hash, frame, isName: false);
            default:
                return AddText(ref reader, result, maxFields, node, hash, frame, isName: false);
        }
    }

    private static void TakeScalar(ref Utf8JsonReader reader, ScannedJson result, ShapeNode node, in Frame frame)
    {
        switch (node.Capture)
        {
            case FieldCapture.Stream:
                result.IsStream = reader.TokenType == JsonTokenType.True;
                break;
            case FieldCapture.GroupIndex when frame.Group >= 0 && reader.TryGetInt32(out var index):
                result.Groups[frame.Group] = result.Groups[frame.Group] with { Index = index };
                break;
            case FieldCapture.SubIndex when frame.Sub >= 0 && reader.TryGetInt32(out var index):
                result.SubIndexes[frame.Sub] = index;
                break;
            case FieldCapture.Created when reader.TokenType == JsonTokenType.Number:
                result.Capture(FieldCapture.Created, (int)reader.TokenStartIndex, reader.ValueSpan.Length);
                break;
        }
    }

    private static bool AddText(
        ref Utf8JsonReader reader, ScannedJson result, int maxFields, ShapeNode node, ulong hash, in Frame frame, bool isName)
    {
        var space = result.Reserve(reader.ValueSpan.Length);
        var length = reader.CopyString(space);
        if (length == 0) return true;
        var start = result.Advance(length);
        if (node.Joins && !isName && result.Fields.Count > 0)
        {
            var last = result.Fields[^1];
            if (last.PathHash == hash && last.Group == frame.Group && last.Sub == frame.Sub && last.Start + last.Length == start)
            {
                result.Fields[^1] = last with { Length = last.Length + length };
                return true;
            }
        }

        if (result.Fields.Count == maxFields) return false;
        var rule = node.Rule == FieldRule.Watch ? FieldRule.Watch : FieldRule.Text;
        result.Fields.Add(new TextField(start, length, rule, hash, frame.Group, frame.Sub, (int)reader.TokenStartIndex, isName));
        return true;
    }

    private static bool LooksStructural(ref Utf8JsonReader reader) =>
        !reader.ValueIsEscaped && reader.ValueSpan.Length <= StructuralBytes && IsPrintable(reader.ValueSpan);

    /// <summary>A data URL or a long run of base64. Anything else in the place of a picture, a link for one, is text.</summary>
    private static bool IsEncoded(ref Utf8JsonReader reader)
    {
        var value = reader.ValueSpan;
        var isLong = value.Length > StructuralBytes && !value.StartsWith("http"u8);
        return (isLong || value.StartsWith("data:"u8)) && IsPrintable(value);
    }

    private static bool IsPrintable(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0;

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> name)
    {
        foreach (var b in name) hash = (hash ^ b) * HashPrime;
        return (hash ^ 0xFF) * HashPrime;
    }

    private static ulong Mix(ulong hash, int ordinal) => (hash ^ (uint)(ordinal + 0x100)) * HashPrime;

    private struct Frame
    {
        public ShapeNode Node;
        public ulong Hash;
        public ulong Seen;
        public int Group;
        public int Sub;
        public int Elements;
        public bool IsArray;
        public bool OpensGroup;
    }
}
