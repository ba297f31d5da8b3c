using System.Buffers.Text;
using System.Text;

namespace Gateway.LoadTest;

/// <summary>Bytes rendered once, with places where each exchange writes its own number, so that no text ever repeats.</summary>
internal sealed class Template
{
    /// <summary>Stands for the number while a template is rendered; ten digits take its place.</summary>
    public const string Slot = "##########";

    private static readonly byte[] SlotBytes = Encoding.ASCII.GetBytes(Slot);

    private readonly byte[] _bytes;
    private readonly int[] _slots;

    public Template(string text)
    {
        _bytes = Encoding.UTF8.GetBytes(text);
        var slots = new List<int>();
        for (int at = 0; _bytes.AsSpan(at).IndexOf(SlotBytes) is var found and >= 0; at += found + SlotBytes.Length) slots.Add(at + found);
        _slots = [.. slots];
    }

    public int Length => _bytes.Length;

    /// <summary>The bytes of a template without slots, to be sent as they are.</summary>
    public ReadOnlyMemory<byte> Constant => _slots.Length == 0 ? _bytes : throw new InvalidOperationException("This template has slots.");

    public void Write(long number, Span<byte> destination)
    {
        _bytes.CopyTo(destination);
        foreach (int slot in _slots) WriteNumber(number, destination.Slice(slot, SlotBytes.Length));
    }

    /// <summary>Whether the bytes are exactly this template with this number.</summary>
    public bool Matches(long number, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != _bytes.Length) return false;
        Span<byte> digits = stackalloc byte[SlotBytes.Length];
        WriteNumber(number, digits);
        int at = 0;
        foreach (int slot in _slots)
        {
            if (!bytes[at..slot].SequenceEqual(_bytes.AsSpan(at, slot - at)) || !bytes.Slice(slot, digits.Length).SequenceEqual(digits)) return false;
            at = slot + digits.Length;
        }

        return bytes[at..].SequenceEqual(_bytes.AsSpan(at));
    }

    private static void WriteNumber(long number, Span<byte> digits) => Utf8Formatter.TryFormat(number, digits, out _, new('D', 10));
}
