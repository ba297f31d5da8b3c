using System.Globalization;

namespace Gateway.Inspection.Text;

/// <summary>
/// JSON inside a string: arguments of a tool are JSON text, so a word in them may be written in <c>\\uXXXX</c> escapes that
/// only the tool undoes.
/// </summary>
public static class EscapedText
{
    /// <summary>Undoes <c>\\uXXXX</c> escapes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="decoded">The text without the escapes; <see langword="null"/> when it has none.</param>
    /// <returns>True when there was at least one.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, out string? decoded)
    {
        decoded = null;
        var next = text.IndexOf("\\u");
        if (next < 0) return false;
        var output = new char[text.Length];
        var (length, position, found) = (0, 0, false);
        while (next >= 0)
        {
            text.Slice(position, next).CopyTo(output.AsSpan(length));
            length += next;
            position += next;
            if (text.Length - position >= 6 && ushort.TryParse(text.Slice(position + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                output[length++] = (char)unit;
                position += 6;
                found = true;
            }
            else
            {
                output[length++] = text[position++];
            }

            next = text[position..].IndexOf("\\u");
        }

        text[position..].CopyTo(output.AsSpan(length));
        if (found) decoded = new string(output, 0, length + text.Length - position);
        return found;
    }
}
