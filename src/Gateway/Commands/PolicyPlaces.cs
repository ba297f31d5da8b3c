using System.CommandLine;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Tenants;

namespace Gateway.Commands;

/// <summary>Where policies, tenants and the model's own thresholds are; what is not given comes from <c>appsettings.json</c> and the environment.</summary>
internal sealed class PolicyPlaces
{
    private readonly Option<string?> _policies = new("--policies") { Description = "Directory of policy files." };
    private readonly Option<string?> _tenants = new("--tenants") { Description = "Tenant file, or directory of tenant files." };
    private readonly Option<string?> _classifier = new("--classifier") { Description = "Directory of the classifier's model, whose thresholds are the defaults." };

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _policies, _tenants, _classifier }) command.Options.Add(option);
    }

    /// <summary>The settings of the service with what was given.</summary>
    public GatewayOptions Options(ParseResult parsed, out IConfiguration configuration)
    {
        configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .Build();
        var options = configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
        if (parsed.GetValue(_policies) is { } policies) options.Policies = policies;
        if (parsed.GetValue(_tenants) is { } tenants) options.Tenants = tenants;
        if (parsed.GetValue(_classifier) is { } classifier) options.Model = classifier;
        return options;
    }

    /// <summary>Policies and tenants as a gateway with these settings would read them.</summary>
    /// <exception cref="PolicyException">Policy files are at fault.</exception>
    /// <exception cref="TenantException">Tenant files are at fault.</exception>
    public static (PolicyBook Book, TenantBook Tenants) Read(GatewayOptions options, string? candidate = null)
    {
        var (_, policies, model) = EpochSource.Directories(options);
        var book = PolicyLoader.LoadBook(policies, Defaults(options, model), candidate);
        var tenants = options.Tenants is { } path ? new TenantLoader(path, options.KeySecret, book.Policies.ContainsKey, TimeProvider.System).Load() : TenantBook.None;
        return (book, tenants);
    }

    private static Dictionary<string, Thresholds> Defaults(GatewayOptions options, string directory)
    {
        if (!options.Classifier.Enabled) return [];
        using var model = ClassifierModel.Load(directory, 1);
        return EpochSource.DefaultsOf(model);
    }
}
