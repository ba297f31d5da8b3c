using System.Globalization;

namespace Gateway.LoadTest;

/// <summary>The command line of <c>run</c>.</summary>
internal sealed class LoadOptions
{
    public required string Gateway { get; init; }

    public required string Data { get; init; }

    public bool Json { get; init; }

    public int Seed { get; init; }

    public double SliceSeconds { get; init; }

    /// <summary>Rounds of each row; null: as many as the benchmark takes by itself.</summary>
    public int? Rounds { get; init; }

    /// <summary>Other builds of the gateway, measured in the same rounds.</summary>
    public required IReadOnlyList<string> Against { get; init; }

    /// <summary>The row to run, or what stands before the first slash of several; empty: all.</summary>
    public string Only { get; init; } = "";

    /// <summary>File of the bytes that events may allocate.</summary>
    public string Baselines { get; init; } = "";

    /// <summary>Whether a row is to be run: by its whole name, never by the beginning of one.</summary>
    public bool Wants(string row) => Only.Length == 0 || row == Only || row.Split('/')[0] == Only;

    public static LoadOptions Parse(ReadOnlySpan<string> arguments, bool needsData)
    {
        string? gateway = null, data = null, only = null, baselines = null;
        var against = new List<string>();
        bool json = false;
        int seed = Random.Shared.Next();
        double slice = 1;
        int? rounds = null;
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
                case "--gateway": gateway = value; break;
                case "--data": data = value; break;
                case "--only": only = value; break;
                case "--baselines": baselines = value; break;
                case "--seed": seed = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--against": against.Add(value); break;
                case "--rounds": rounds = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--slice": slice = double.Parse(value, CultureInfo.InvariantCulture); break;
                default: throw new FormatException($"Unknown option {option}. Options: --json --gateway FILE --data DIR --only ROW --seed N --slice SECONDS --rounds N --against FILE --baselines FILE");
            }
        }

        return new LoadOptions
        {
            Gateway = gateway ?? throw new FormatException("--gateway FILE is missing: start this through eng/bench load."),
            Data = data ?? (needsData ? throw new FormatException("--data DIR is missing: start this through eng/bench load.") : ""),
            Json = json,
            Only = only ?? "",
            Baselines = baselines ?? "",
            Seed = seed,
            SliceSeconds = slice,
            Rounds = rounds is null or > 0 ? rounds : throw new FormatException("--rounds must be at least 1."),
            Against = against,
        };
    }
}
