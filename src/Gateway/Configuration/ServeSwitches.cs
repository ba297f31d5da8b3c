namespace Gateway.Configuration;

/// <summary>The short switches of <c>gateway serve</c>, and the settings they stand for.</summary>
internal static class ServeSwitches
{
    public static Dictionary<string, string> Mappings { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--urls"] = "Gateway:Urls",
        ["--admin-urls"] = "Gateway:AdminUrls",
        ["--upstream"] = "Gateway:Upstream",
        ["--audit"] = "Gateway:Audit:Directory",
        ["--redis"] = "Gateway:Audit:Redis",
        ["--lexicons"] = "Gateway:Lexicons",
        ["--policies"] = "Gateway:Policies",
        ["--model"] = "Gateway:Model",
        ["--demo"] = "Gateway:Demo",
    };

    /// <summary>Gives <c>--demo</c> its value and checks that every argument is known: a typing error must not start a gateway.</summary>
    /// <exception cref="ConfigurationException">An argument is unknown or lacks its value.</exception>
    public static string[] Expand(string[] arguments)
    {
        var expanded = new List<string>();
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            var isSetting = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':', StringComparison.Ordinal);
            if (!isSetting && !Mappings.ContainsKey(name))
            {
                throw new ConfigurationException(
                    $"Unknown argument '{name}' of gateway serve. Known are {string.Join(", ", Mappings.Keys)} and settings such as --Gateway:Label:Producer=NAME.");
            }

            if (equals >= 0) expanded.Add(argument);
            else if (name.Equals("--demo", StringComparison.OrdinalIgnoreCase) && !(i + 1 < arguments.Length && bool.TryParse(arguments[i + 1], out _)))
            {
                expanded.Add("--demo=true");
            }
            else if (i + 1 >= arguments.Length || arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                throw new ConfigurationException($"Argument '{name}' of gateway serve needs a value.");
            }
            else expanded.Add($"{name}={arguments[++i]}");
        }

        return [.. expanded];
    }
}
