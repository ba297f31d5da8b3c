using System.Globalization;

namespace Gateway.Benchmarks;

/// <summary>The command line of <c>matcher</c>.</summary>
internal sealed class MatcherOptions
{
    public static readonly string[] AllCorpora = ["zh", "en", "code", "json"];
    public static readonly int[] AllPatterns = [1_000, 10_000, 60_000];

    public required string Data { get; init; }

    public bool Json { get; init; }

    public int Seed { get; init; } = 1;

    public string[] Corpora { get; init; } = AllCorpora;

    public int[] Patterns { get; init; } = AllPatterns;

    public string[] Engines { get; init; } = MatchEngine.Names;

    public static MatcherOptions Parse(ReadOnlySpan<string> arguments)
    {
        string? data = null;
        bool json = false;
        int seed = 1;
        string[] corpora = AllCorpora, engines = MatchEngine.Names;
        int[] patterns = AllPatterns;
        for (int i = 0; i < arguments.Length; i++)
        {
            string option = arguments[i];
            if (option == "--json")
            {
                json = true;
                continue;
            }

            string value = i + 1 < arguments.Length ? arguments[++i] : throw new FormatException($"{option} needs a value.");
            switch (option)
            {
                case "--data": data = value; break;
                case "--seed": seed = Number(option, value); break;
                case "--corpus": corpora = OneOf(option, value, AllCorpora); break;
                case "--engine": engines = OneOf(option, value, MatchEngine.Names); break;
                case "--patterns":
                    patterns = [.. value.Split(',').Select(item => Number(option, item))];
                    if (patterns.Any(count => count is < 2 or > 200_000)) throw new FormatException("--patterns takes numbers from 2 to 200000.");
                    break;
                default:
                    throw new FormatException(
                        $"Unknown option {option}. Options: --json --data DIR --corpus NAME,… --patterns N,… --engine NAME,… --seed N");
            }
        }

        return new MatcherOptions
        {
            Data = data ?? throw new FormatException("--data DIR is missing: start this through eng/bench matcher."),
            Json = json,
            Seed = seed,
            Corpora = corpora,
            Patterns = patterns,
            Engines = engines,
        };
    }

    private static string[] OneOf(string option, string value, string[] known)
    {
        string[] chosen = value.Split(',');
        foreach (string name in chosen)
        {
            if (!known.Contains(name)) throw new FormatException($"{option}: there is no '{name}'; choose from {string.Join(", ", known)}.");
        }

        return chosen;
    }

    private static int Number(string option, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new FormatException($"{option}: '{value}' is not a number.");
}
