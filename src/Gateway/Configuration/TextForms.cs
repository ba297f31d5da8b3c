namespace Gateway.Configuration;

/// <summary>The words for how much text a record keeps.</summary>
internal static class TextForms
{
    /// <summary>Length and keyed digest; no text.</summary>
    public const string Digest = "digest";

    /// <summary>The fields with findings, encrypted.</summary>
    public const string Evidence = "evidence";

    /// <summary>Every field, encrypted.</summary>
    public const string Full = "full";

    public static bool IsKnown(string form) => form is Digest or Evidence or Full;
}
