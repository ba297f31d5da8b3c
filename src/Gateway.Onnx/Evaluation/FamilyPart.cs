using System.Security.Cryptography;
using System.Text;

namespace Gateway.Onnx.Evaluation;

/// <summary>
/// Cuts one's own pairs by the hash of their family, so that twins and slot variants never straddle the parts: a fifth is
/// test data and never trained on, a tenth steers (thresholds), the rest teaches.
/// </summary>
internal enum FamilyPart
{
    Train,
    Steer,
    Test,
}

/// <summary>Says which part a family belongs to.</summary>
internal static class FamilyParts
{
    public static FamilyPart Of(string family)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(family), hash);
        return (((hash[0] << 8) | hash[1]) % 10) switch
        {
            < 2 => FamilyPart.Test,
            2 => FamilyPart.Steer,
            _ => FamilyPart.Train,
        };
    }
}
