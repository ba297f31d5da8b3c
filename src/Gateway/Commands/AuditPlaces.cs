using System.CommandLine;
using Gateway.Audit;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>
/// The options that say where records and keys are, common to all audit commands. What is not given comes from
/// <c>appsettings.json</c> and the environment, as for <c>gateway serve</c>.
/// </summary>
internal sealed class AuditPlaces
{
    private readonly Option<string?> _audit = new("--audit", "--dir") { Description = "Directory of the journal (default ./audit)." };
    private readonly Option<string?> _archive = new("--archive") { Description = "Place of the archive: a directory or s3://BUCKET/PREFIX[?endpoint=URL]." };
    private readonly Option<string?> _redis = new("--redis") { Description = "Redis that entries are forwarded to, HOST:PORT." };
    private readonly Option<string?> _keys = new("--keys") { Description = "Directory of the key store." };
    private readonly Option<string?> _master = new("--master-key") { Description = "Master key: file:PATH, env:NAME or command:PROGRAM." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new[] { _audit, _archive, _redis, _keys, _master }) command.Options.Add(option);
    }

    /// <summary>What was given, or set, or is the default.</summary>
    public RecordPlaces Read(ParseResult parsed)
    {
        var options = Settings().Audit;
        if (parsed.GetValue(_audit) is { } audit) options.Directory = audit;
        if (parsed.GetValue(_redis) is { } redis) options.Redis = redis;
        if (parsed.GetValue(_keys) is { } keys) options.Keys = keys;
        if (parsed.GetValue(_master) is { } master) options.MasterKey = master;
        if (parsed.GetValue(_archive) is { } archive) options.Archive = archive;
        return new RecordPlaces(options, TimeProvider.System);
    }

    /// <summary>The settings of the service, as far as files and environment give them.</summary>
    public static GatewayOptions Settings()
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .Build();
        return configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
    }
}
