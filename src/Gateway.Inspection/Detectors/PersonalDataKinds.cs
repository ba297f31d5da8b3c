namespace Gateway.Inspection.Detectors;

/// <summary>The kinds of pattern that <see cref="PersonalDataDetector"/> knows. They are the rules of its detections and the keys of a policy's <c>PersonalData</c>.</summary>
public static class PersonalDataKinds
{
    /// <summary>Chinese identity card, check digit verified.</summary>
    public const string IdCard = "id-card";

    /// <summary>Telephone number: Chinese mobile and landline, international with a plus.</summary>
    public const string Phone = "phone";

    /// <summary>Bank card, Luhn verified.</summary>
    public const string BankCard = "bank-card";

    /// <summary>Chinese passport.</summary>
    public const string Passport = "passport";

    /// <summary>E-mail address.</summary>
    public const string Email = "email";

    /// <summary>IPv4 or IPv6 address.</summary>
    public const string Ip = "ip";

    /// <summary>Unified social credit code, check character verified.</summary>
    public const string CreditCode = "credit-code";

    /// <summary>A key of a well-known service.</summary>
    public const string ApiKey = "api-key";

    /// <summary>A private key in PEM form.</summary>
    public const string PrivateKey = "private-key";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [IdCard, Phone, BankCard, Passport, Email, Ip, CreditCode, ApiKey, PrivateKey];

    /// <summary>The risk a kind is filed under.</summary>
    /// <param name="kind">A kind.</param>
    public static string RiskOf(string kind) => kind is ApiKey or PrivateKey ? "x-secret-leak" : "personal-info";
}
