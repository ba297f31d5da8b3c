using System.Globalization;

namespace Gateway.Protocols;

/// <summary>What is known of an answer, needed to write one in its place or to end it.</summary>
/// <param name="Operation">What was asked for.</param>
/// <param name="Id">The answer's id.</param>
/// <param name="Model">The model's name.</param>
/// <param name="CreatedAs">When it was made, as it says so itself: seconds since 1970, or a date.</param>
/// <param name="Format">How it is streamed; <see cref="StreamFormats.None"/> when it comes whole.</param>
internal sealed record AnswerFacts(Operation Operation, string Id, string Model, string CreatedAs, StreamFormats Format = StreamFormats.None)
{
    /// <summary>Seconds since 1970; 0 when not known.</summary>
    public long Created => long.TryParse(CreatedAs, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    /// <summary>The time as a date (RFC 3339).</summary>
    public string CreatedText => Created > 0 || CreatedAs == "0"
        ? DateTimeOffset.FromUnixTimeSeconds(Created).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : CreatedAs;
}
