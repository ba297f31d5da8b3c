namespace Gateway.Onnx.Models;

/// <summary>Reads a message of Protocol Buffers field by field: what <see cref="ProtoWriter"/> writes, and what others write into an ONNX file.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, where it is a whole number.</summary>
    public long Number { get; private set; }

    /// <summary>Its value, where it is text, bytes or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Its value as text.</summary>
    public readonly string Text => System.Text.Encoding.UTF8.GetString(Bytes);

    /// <summary>The field as it stands in the message, tag and all.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>Goes to the next field; <see langword="false"/> at the end.</summary>
    /// <exception cref="InvalidDataException">The message is malformed.</exception>
    public bool Read()
    {
        if (_at == _message.Length) return false;
        var begin = _at;
        var tag = Varint();
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0: Number = (long)Varint(); break;
            case 1: Bytes = Take(8); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Bytes = Take(4); break;
            default: throw Malformed();
        }

        Whole = _message[begin.._at];
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Malformed();
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _at)) throw Malformed();
        var taken = _message.Slice(_at, (int)length);
        _at += taken.Length;
        return taken;
    }

    private static InvalidDataException Malformed() => new("it is no ONNX file: a field is cut off or of a kind that does not exist");
}
