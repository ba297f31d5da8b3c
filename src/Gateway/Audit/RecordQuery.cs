using System.Globalization;
using Gateway.Audit.Search;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Reads filters from named values, for command line and HTTP alike.</summary>
internal static class RecordQuery
{
    /// <summary>A filter from named values, for command line and HTTP alike.</summary>
    /// <exception cref="ConfigurationException">A value cannot be understood.</exception>
    public static RecordFilter Read(Func<string, string?> value, RecordPlaces places)
    {
        var tenant = value("tenant");
        var action = value("action");
        if (action is not (null or "allow" or "label" or "mask" or "block")) throw new ConfigurationException($"The action is '{action}', but must be allow, label, mask or block.");
        return new RecordFilter
        {
            From = Time("from", value("from")),
            To = Time("to", value("to")),
            Tenant = tenant,
            Users = value("user") is { } user ? places.PseudonymsOf(user, tenant ?? "") : null,
            Risk = value("risk"),
            Action = action,
            Model = value("model"),
            Outcome = value("outcome"),
        };
    }

    /// <exception cref="ConfigurationException">The text is no time.</exception>
    public static DateTimeOffset? Time(string name, string? text)
    {
        if (text is null) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new ConfigurationException($"{name} is '{text}', but must be a time such as 2026-11-24 or 2026-11-24T08:00:00Z.");
    }
}
