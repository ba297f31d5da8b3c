using Gateway.Inspection.Detectors;

namespace Gateway.Tests.Labels;

/// <summary>Provider codes made for tests: of nobody, but with the right check character.</summary>
internal static class ProviderCodes
{
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    public static string Valid { get; } = Of("91000000TEST0000X".Replace("TEST", "MA01", StringComparison.Ordinal), "1ABC1"[..5]);

    public static string Of(string seventeen, string extension) =>
        "0011" + seventeen + Alphabet.First(check => CheckDigits.IsCreditCode(seventeen + check)) + extension;
}
