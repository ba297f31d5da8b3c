using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Features;

/// <summary>What a model is told about a window beside its n-grams. Like the ids, a contract with every trained model.</summary>
internal static class NgramTraits
{
    /// <summary>Numbers per window.</summary>
    public const int Count = 4;

    /// <summary>Doublings of a length that its trait counts as 1.</summary>
    public const float LengthUnit = 13f;

    /// <summary>
    /// Fills the traits of a window: the side (0 prompt, 1 response), the share of dense-script characters in the whole
    /// text, how long the window is (0 none, 1 about 8,000 ids), and how long the text: the worst of many windows looks
    /// worse than the only one, and this lets a model allow for it, up to the length of the texts it learns from. Beyond, a harmful sentence would
    /// only have to be hidden in enough pages.
    /// </summary>
    public static void Fill(Span<float> traits, TextSide side, float denseShare, int windowIds, int textIds)
    {
        traits[0] = side == TextSide.Response ? 1f : 0f;
        traits[1] = denseShare;
        traits[2] = Length(windowIds);
        traits[3] = Length(textIds);
    }

    private static float Length(int ids) => Math.Min(1f, MathF.Log2(1 + ids) / LengthUnit);

    /// <summary>The share of characters of a dense script among all that are not blank, 0 to 1.</summary>
    public static float DenseShare(ReadOnlySpan<char> folded)
    {
        int dense = 0, other = 0;
        foreach (var c in folded)
        {
            if (NgramHasher.IsDense(c)) dense++;
            else if (c > ' ') other++;
        }

        return dense == 0 ? 0f : (float)dense / (dense + other);
    }

    /// <summary>What the sum of a window's embeddings is multiplied with.</summary>
    public static float Scale(int windowIds) => windowIds == 0 ? 0f : 1f / MathF.Sqrt(windowIds);
}
