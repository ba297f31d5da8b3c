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

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="u8);

    /// <summary>Scans a body.</summary>
    /// <param name="json">UTF-8 without byte order mark, valid as UTF-8.</param>
    /// <param name="shape">What the protocol knows of it.</param>
    /// <param name="maxDepth">Deepest nesting.</param>
    /// <param name="maxFields">Most texts.</param>
    /// <param name="result">Takes the findings; reset first.</param>
    /// <param name="isEvent">An event of a stream: it may hold several values in a row, and half a character whose other half comes with a later one.</param>
    /// <returns><paramref name="result"/>; its <see cref="ScannedJson.Fault"/> says whether the body could be read.</returns>
    public static ScannedJson Scan(
        ReadOnlySpan<byte> json, JsonShape shape, int maxDepth, int maxFields, ScannedJson result, bool isEvent = false)
    {
        result.Reset(isEvent);
        result.TakesHalves = isEvent;
        var frames = ArrayPool<Frame>.Shared.Rent(maxDepth + 1);
        var options = new JsonReaderOptions { MaxDepth = maxDepth, AllowMultipleValues = isEvent };
        var reader = new Utf8JsonReader(json, options);
        try
        {
            return Walk(ref reader, json, shape, maxFields, frames, result);
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
        AddText(text, ShapeNode.Unknown, TextField.NoToken, result);
    }

    /// <summary>Adds a text that is no JSON: a form field, the query.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="node">The place it belongs to.</param>
    /// <param name="tokenStart">Byte offset in the body, or what stands for it.</param>
    /// <param name="result">Takes the text.</param>
    public static void AddText(ReadOnlySpan<byte> text, ShapeNode node, int tokenStart, ScannedJson result) => AddText(text, node, tokenStart, -1, result);

    private static void AddText(ReadOnlySpan<byte> text, ShapeNode node, int tokenStart, int group, ScannedJson result)
    {
        var length = Encoding.UTF8.GetChars(text, result.Reserve(text.Length));
        if (length == 0) return;
        var start = result.Advance(length);
        result.Fields.Add(new TextField(start, length, node, PathHashes.Seed, group, -1, tokenStart, false) { IsDecoded = tokenStart >= 0 });
    }

    private static ScannedJson Walk(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, JsonShape shape, int maxFields, Frame[] frames, ScannedJson result)
    {
        var depth = 0; // frames[depth] describes the container that the reader is in; 0 is outside of all.
        var node = shape.Root;
        frames[0] = new Frame { Node = node, Hash = PathHashes.Seed, Group = -1, Sub = -1 };
        var hash = PathHashes.Seed;
        while (reader.Read())
        {
            // 1. A name moves to the property's place; its value follows.
            ref var frame = ref frames[depth];
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var child = frame.Node.Find(ref reader);
                if (child is null)
                {
                    hash = PathHashes.Mix(frame.Hash, reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);
                    node = frame.Node.Rest;
                    if (!AddText(ref reader, json, result, maxFields, node, hash, frame, isName: true)) return result.Fail(ScanFault.TooManyFields);
                }
                else
                {
                    var bit = 1UL << child.Ordinal;
                    if ((frame.Seen & bit) != 0) return result.Fail(ScanFault.DuplicateProperty, child.Name);
                    frame.Seen |= bit;
                    hash = PathHashes.Mix(frame.Hash, child.Ordinal);
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

                if (frame.SpanStart > 0)
                {
                    result.Spans.Add(new ByteSpan(frame.Node.Capture, frame.Group, frame.Sub, frame.SpanStart, (int)reader.BytesConsumed, frame.IsArray));
                }

                if (frame.Node.Line.IsBytes && frame.IsArray) TakeBytes(ref reader, result, frame);
                if (frame.OpensGroup) result.Groups[frame.Group] = result.Groups[frame.Group] with { ByteEnd = (int)reader.BytesConsumed };
                depth--;
                continue;
            }

            // 3. A value. In an array, its place is that of the elements.
            if (frame.IsArray)
            {
                // Lists within a list of parts are read like one list, however deep.
                node = frame.Node.Items ?? frame.Node.Elements;
                hash = node == frame.Node ? frame.Hash : PathHashes.Mix(frame.Hash, -2);
            }
            else if (depth == 0)
            {
                node = shape.Root;
                hash = PathHashes.Seed;
            }

            if (node.Line.Expected is { } expected && Array.IndexOf(expected, reader.TokenType) < 0) 
            {
                return result.Fail(ScanFault.WrongType, node.Name, remedy: node.Line.Remedy);
            }

            // Where a text belongs has to be read in one way: a number that is no number, or a kind in escapes, parts for us what is one for others.
            if ((node.Capture is FieldCapture.GroupIndex or FieldCapture.SubIndex && reader.TokenType is not (JsonTokenType.Number or JsonTokenType.Null))
                || (node.Capture == FieldCapture.Type && reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped))
            {
                return result.Fail(ScanFault.WrongType, node.Name);
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    var next = new Frame
                    {
                        Node = node,
                        Hash = hash,
                        Start = (int)reader.TokenStartIndex,
                        ListStart = node == ShapeNode.UnknownPart ? frame.ListStart : (int)reader.TokenStartIndex,
                        IsArray = reader.TokenType == JsonTokenType.StartArray,
                        Group = frame.Group,
                        Sub = frame.Sub,
                        SpanStart = node.Capture is FieldCapture.Logprobs or FieldCapture.ToolArguments && node.Ordinal >= 0 ? (int)reader.TokenStartIndex : 0,
                    };
                    if (node.Line.IsGroup && (frame.IsArray || depth == 0))
                    {
                        next.OpensGroup = true;
                        next.Group = result.Groups.Count;
                        next.Sub = -1;
                        result.Groups.Add(new JsonGroup((int)reader.TokenStartIndex, 0, depth == 0 ? -1 : frame.Elements, false, false));
                    }

                    if (node.Line.IsSubGroup && (frame.IsArray || depth == 0))
                    {
                        next.Sub = result.Parts.Count;
                        result.Parts.Add(new JsonPart(depth == 0 ? -1 : frame.Elements, false));
                    }

                    if (node.Line.IsBytes) result.Bytes.Begin();
                    frame.Elements++;
                    frames[++depth] = next;
                    break;
                case JsonTokenType.String:
                    frame.Elements++;
                    if (!TakeString(ref reader, json, result, maxFields, node, hash, frame)) return result.Fail(ScanFault.TooManyFields);
                    break;
                default:
                    frame.Elements++;
                    if (!TakeScalar(ref reader, result, node, frame)) return result.Fail(ScanFault.WrongType, node.Name);
                    break;
            }
        }

        result.Gather();
        return result;
    }

    private static bool TakeString(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ScannedJson result, int maxFields, ShapeNode node, ulong hash, in Frame frame)
    {
        var value = reader.ValueSpan;
        switch (node.Rule)
        {
            case FieldRule.Structural when LooksStructural(ref reader):
                result.AddIdentifier(value, frame.Group, (int)reader.TokenStartIndex);
                if (node.Capture == FieldCapture.Finish)
                {
                    if (frame.Group >= 0) result.Groups[frame.Group] = result.Groups[frame.Group] with { IsFinished = true };
                }
                else if (node.Capture != FieldCapture.None)
                {
                    result.Capture(node.Capture, (int)reader.TokenStartIndex + 1, value.Length);
                }

                return true;
            case FieldRule.Media or FieldRule.Opaque when node.Line.EncodedIf is not { } condition || MemberBeside.Is(json, frame.Start, condition):
                // Encoded, it is nobody's to read. A link or an id: its letters are judged, what it leads to is not.
                if (value.IsEmpty) return true;
                var isEncoded = IsEncoded(ref reader);
                if (isEncoded && EncodedFile.TextOf(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : value) is { } file)
                {
                    if (result.Fields.Count == maxFields) return false;
                    AddText(file, ShapeNode.UnknownWhole, (int)reader.TokenStartIndex, frame.Group, result);

                    // Letters alone make no text: a PDF may have no other bytes, and is read by nobody here.
                    if (value.StartsWith("data:text/"u8)) return true;
                }

                var reason = node.Rule == FieldRule.Media ? "media" : "opaque";
                result.Unjudged.Add(new UnjudgedField(reason, node.Line.MediaKind ?? reason, isEncoded ? value.Length : 0, (int)reader.TokenStartIndex));
                return isEncoded || AddText(ref reader, json, result, maxFields, node, hash, frame, isName: false);
            default:
                return AddText(ref reader, json, result, maxFields, node, hash, frame, isName: false);
        }
    }

    /// <returns>False for a number that nobody can count with.</returns>
    private static bool TakeScalar(ref Utf8JsonReader reader, ScannedJson result, ShapeNode node, in Frame frame)
    {
        switch (node.Capture)
        {
            case FieldCapture.Stream:
                if (reader.TokenType != JsonTokenType.Null) result.IsStream = reader.TokenType == JsonTokenType.True;
                break;
            case FieldCapture.GroupIndex when frame.Group >= 0 && reader.TokenType == JsonTokenType.Number:
                if (!TryReadIndex(ref reader, out var group)) return false;
                result.Groups[frame.Group] = result.Groups[frame.Group] with { Index = group, IsNumbered = true };
                break;
            case FieldCapture.SubIndex when frame.Sub >= 0 && reader.TokenType == JsonTokenType.Number:
                var known = result.Parts[frame.Sub];
                if (!TryReadIndex(ref reader, out var part) || (known.IsNumbered && known.Index != part)) return false;
                result.Parts[frame.Sub] = new JsonPart(part, true);
                break;
            case FieldCapture.Created or FieldCapture.Sequence when reader.TokenType == JsonTokenType.Number:
                result.Capture(node.Capture, (int)reader.TokenStartIndex, reader.ValueSpan.Length);
                break;
            case FieldCapture.Finish when reader.TokenType == JsonTokenType.True && frame.Group >= 0:
                result.Groups[frame.Group] = result.Groups[frame.Group] with { IsFinished = true };
                break;
        }

        if (frame.IsArray && frame.Node.Line.IsBytes && reader.TokenType == JsonTokenType.Number) result.Bytes.Add(reader.TryGetByte(out var value) ? value : (byte)' ');
        return true;
    }

    /// <summary>A whole number, however it is written: 1, 1.0 and 1e0 are the same to those who count.</summary>
    private static bool TryReadIndex(ref Utf8JsonReader reader, out int index)
    {
        if (reader.TryGetInt32(out index)) return true;
        if (!reader.TryGetDouble(out var number) || number != Math.Floor(number) || Math.Abs(number) > int.MaxValue) return false;
        index = (int)number;
        return true;
    }

    /// <summary>A text that is spelled in bytes, with the brackets as its token.</summary>
    private static void TakeBytes(ref Utf8JsonReader reader, ScannedJson result, in Frame frame)
    {
        var size = (int)reader.BytesConsumed - frame.Start;
        var length = result.Bytes.End(frame.Node.Line.Joins ? (frame.Hash, frame.Group, frame.Sub) : null, result.Reserve(size + 4));
        if (length == 0) return;
        var start = result.Advance(length);
        result.Segments.Add(new TextSegment(start, length, frame.Start, size - 2));
        if (frame.Node.Line.Joins && result.TryJoin(frame.Hash, frame.Group, frame.Sub, start, length)) return;
        result.Fields.Add(new TextField(start, length, frame.Node, frame.Hash, frame.Group, frame.Sub, frame.Start, false));
    }

    private static bool AddText(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ScannedJson result, int maxFields, ShapeNode node, ulong hash, in Frame frame, bool isName)
    {
        var space = result.Reserve(reader.ValueSpan.Length);
        var length = result.TakesHalves && !isName && JsonStringBytes.MayHoldHalves(reader.ValueSpan)
            ? JsonStringBytes.Unescape(reader.ValueSpan, space)
            : reader.CopyString(space);
        if (length == 0) return true;
        var start = result.Advance(length);
        if (!isName) result.Segments.Add(new TextSegment(start, length, (int)reader.TokenStartIndex, reader.ValueSpan.Length));
        hash = node.ChannelHash ?? hash;
        if (!isName && node.Line.ApartIf is { } apart && MemberBeside.Is(json, frame.Start, apart)) hash = PathHashes.Mix(hash, 1);
        // Lists that no rule knows: each by itself, with the lists in it.
        var text = node == ShapeNode.UnknownPart ? PathHashes.Mix(hash, frame.ListStart) : hash;
        if (node.Line.Joins && !isName && result.TryJoin(text, frame.Group, frame.Sub, start, length)) return true;
        if (result.Fields.Count == maxFields) return false;
        result.Fields.Add(new TextField(start, length, node, hash, frame.Group, frame.Sub, (int)reader.TokenStartIndex, isName));
        return true;
    }

    private static bool LooksStructural(ref Utf8JsonReader reader) =>
        !reader.ValueIsEscaped && reader.ValueSpan.Length <= StructuralBytes && IsPrintable(reader.ValueSpan);

    /// <summary>A data URL in base64, or a long run of base64. Anything else in the place of a picture, a link for one, is text.</summary>
    private static bool IsEncoded(ref Utf8JsonReader reader) =>
        IsEncoded(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);

    private static bool IsEncoded(ReadOnlySpan<byte> value)
    {
        if (!value.StartsWith("data:"u8)) return value.Length > StructuralBytes && !value.ContainsAnyExcept(Base64);
        var comma = value[..Math.Min(value.Length, StructuralBytes)].IndexOf(";base64,"u8);
        return comma > 0 && IsPrintable(value[..comma]) && !value[(comma + 8)..].ContainsAnyExcept(Base64);
    }

    private static bool IsPrintable(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0;

    private struct Frame
    {
        public ShapeNode Node;
        public ulong Hash;
        public ulong Seen;
        public int Start;
        public int ListStart;
        public int Group;
        public int Sub;
        public int Elements;
        public int SpanStart;
        public bool IsArray;
        public bool OpensGroup;
    }
}
