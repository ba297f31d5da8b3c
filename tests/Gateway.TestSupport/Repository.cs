namespace Gateway.TestSupport;

/// <summary>Where things lie in the source tree that these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string GatewayBinary
    {
        get
        {
            var path = Path.Combine(Root, "src", "Gateway", "bin", "Release", "net10.0", "gateway");
            return File.Exists(path) ? path : throw new FileNotFoundException($"Build the gateway first: dotnet build -c Release. Missing: {path}");
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }
}
