using System.Globalization;
using Gateway.Inspection.Text;

namespace Gateway.Onnx.Features;

/// <summary>Traditional characters and variants to the simplified, standard ones, from the project's own table.</summary>
internal static class HanVariants
{
    private const int BmpSize = 0x10000;

    /// <summary>What each UTF-16 unit stands for; most stand for themselves.</summary>
    public static char[] Standard { get; } = Read();

    private static char[] Read()
    {
        var standard = new char[BmpSize];
        for (var code = 0; code < BmpSize; code++) standard[code] = (char)code;
        using var reader = new StreamReader(typeof(TextFolder).Assembly.GetManifestResourceStream("han-variants.txt")
            ?? throw new InvalidOperationException("The assembly lacks its resource han-variants.txt."));
        while (reader.ReadLine() is { } line)
            if (line.Split(' ') is [not "#", { Length: 4 } from, { Length: 4 } to]) standard[Code(from)] = (char)Code(to);
        // A variant of a traditional form leads on to the simplified one; the table has no circles.
        for (var code = 0; code < BmpSize; code++)
            for (var steps = 0; steps < 3 && standard[standard[code]] != standard[code]; steps++) standard[code] = standard[standard[code]];
        return standard;
    }

    private static int Code(string hex) => int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
