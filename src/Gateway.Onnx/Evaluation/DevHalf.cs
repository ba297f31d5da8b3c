using System.Security.Cryptography;
using System.Text;

namespace Gateway.Onnx.Evaluation;

/// <summary>
/// Cuts the development data in two by the hash of the text: half A steers (when to stop, calibration, thresholds), half B
/// is only reported on.
/// </summary>
internal static class DevHalf
{
    public static bool IsA(Example example)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(example.Text), hash);
        return (hash[0] & 1) == 0;
    }
}
