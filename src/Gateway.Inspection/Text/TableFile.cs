using System.Globalization;

namespace Gateway.Inspection.Text;

/// <summary>Reads the tables that are embedded in this assembly: lines of fields separated by a space, <c>#</c> before a comment.</summary>
internal static class TableFile
{
    /// <summary>The fields of every line that is no comment.</summary>
    /// <param name="name">Name of the resource.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without it.</exception>
    public static IEnumerable<string[]> Read(string name)
    {
        using var stream = typeof(TableFile).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && line[0] != '#') yield return line.Split(' ');
    }

    /// <summary>A code point written in hexadecimal digits.</summary>
    public static int Code(string field) => int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
