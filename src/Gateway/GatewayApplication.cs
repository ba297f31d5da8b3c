using System.Globalization;
using System.Net;
using Gateway.Admin;
using Gateway.Audit;
using Gateway.Care;
using Gateway.Cases;
using Gateway.Configuration;
using Gateway.Demo;
using Gateway.Labels;
using Gateway.Protocols;
using Gateway.Proxy;
using Gateway.Sanctions;
using Gateway.Telemetry;
using Gateway.Tenants;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Serilog;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Gateway;

/// <summary>Puts the service together.</summary>
public static class GatewayApplication
{
    private const string UpstreamCluster = "upstream";

    /// <summary>Builds a gateway that is ready to start.</summary>
    /// <param name="serveArguments">The arguments of <c>gateway serve</c>.</param>
    /// <exception cref="Exception">Settings, lexicons, policies or model are at fault; the message lists every fault with its remedy.</exception>
    public static WebApplication Build(string[] serveArguments)
    {
        // 1. Settings: appsettings.json beside the program, one in the working directory, environment, command line.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddCommandLine(ServeSwitches.Expand(serveArguments), ServeSwitches.Mappings);
        var options = Bind(builder.Configuration);
        var routes = builder.Configuration.GetSection("ReverseProxy");
        if (options.Demo) options.Label.Producer ??= "DEMO";
        GatewayOptionsValidator.Validate(options, routes.GetSection("Routes").GetChildren().Any());

        // 2. Logs: JSON lines on standard output, without bodies or matched text.
        builder.Services.AddSerilog(builder.Configuration);

        // 3. The rooms.
        var clock = TimeProvider.System;
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(clock);
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton(ProtocolRegistry.Discover());
        services.AddSingleton(provider => EpochSource.Load(options, provider.GetRequiredService<GatewayMetrics>(), clock));
        services.AddSingleton(provider => new EpochReloader(
            provider.GetRequiredService<EpochSource>(),
            options,
            provider.GetRequiredService<EpochApprovals>(),
            () => RouteRules.PoliciesInUse(provider.GetRequiredService<IProxyStateLookup>()),
            provider.GetRequiredService<GatewayMetrics>(),
            clock,
            provider.GetRequiredService<ILogger<EpochReloader>>()));
        services.AddSingleton<JournalHost>();
        services.AddSingleton<EndUserSource>();
        services.AddSingleton<TokenReader>();
        services.AddSingleton<Reception>();
        services.AddSingleton<UserLedger>();
        services.AddSingleton<UserKeys>();
        services.AddSingleton<SanctionRecords>();
        services.AddSingleton<Turnstile>();
        services.AddSingleton<AdminKeys>();
        services.AddSingleton<AdminDoor>();
        services.AddSingleton<AuditEndpoint>();
        services.AddSingleton<EpochApprovals>();
        services.AddSingleton<EpochRecords>();
        services.AddSingleton<NodeEpochs>();
        services.AddSingleton<PolicyDesk>();
        services.AddSingleton<LexiconDesk>();
        services.AddSingleton<EpochDesk>();
        services.AddSingleton<UserDesk>();
        services.AddSingleton<AdminOperations>();
        services.AddSingleton<AdminDesk>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<ContentLabels>();
        services.AddSingleton<GuardServices>();
        services.AddSingleton(provider => new SessionBook(clock, provider.GetRequiredService<UserLedger>().Connection, provider.GetRequiredService<UserKeys>()));
        services.AddSingleton<CrisisWebhook>();
        services.AddSingleton<CareDesk>();
        services.AddSingleton<CaseBook>();
        services.AddSingleton<ReviewQueue>();
        services.AddSingleton<CaseStore>();
        services.AddSingleton<ComplaintDesk>();
        services.AddSingleton<ComplaintEndpoint>();
        services.AddSingleton<Reinstatement>();
        services.AddSingleton<CaseEndpoint>();
        services.AddSingleton<AboutEndpoint>();
        services.AddSingleton<AnswerDelivery>();
        services.AddSingleton<RequestAnswers>();
        services.AddSingleton<ResponseGuard>();
        services.AddSingleton<Drain>();
        services.AddHostedService<TelemetryHost>();
        services.AddHostedService(provider => provider.GetRequiredService<JournalHost>());
        services.AddHostedService(provider => provider.GetRequiredService<ContentLabels>());
        services.AddHostedService(provider => provider.GetRequiredService<CaseStore>());
        services.AddHostedService(provider => provider.GetRequiredService<CrisisWebhook>());
        services.AddHostedService(provider => provider.GetRequiredService<UserLedger>());
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHostedService(provider => provider.GetRequiredService<EpochReloader>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeEpochs>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Limits.ShutdownSeconds + 15));
        AddProxy(services, options, routes);
        ConfigureListeners(builder.WebHost, options);

        var application = builder.Build();
        var epochs = application.Services.GetRequiredService<EpochSource>();
        var drain = application.Services.GetRequiredService<Drain>();
        _ = application.Services.GetRequiredService<AdminKeys>(); // a bad file stops the start
        _ = application.Services.GetRequiredService<UserKeys>();
        if (options.Demo) _ = application.Services.GetService<DemoModelServer>();
        EpochReloader.Advise(epochs.Current, application.Logger);
        var reloader = application.Services.GetRequiredService<EpochReloader>();
        reloader.OnAdopted = application.Services.GetRequiredService<EpochRecords>().Activated;
        reloader.OnStateLost = application.Services.GetRequiredService<EpochRecords>().StateLost;
        reloader.Begin();
        application.Services.GetRequiredService<UserLedger>().OnChanged = application.Services.GetRequiredService<SanctionRecords>().ChangedAsync;
        EpochMetrics.Observe(
            application.Services.GetRequiredService<GatewayMetrics>(), epochs, reloader, application.Services.GetRequiredService<NodeEpochs>(), options, drain, clock);
        foreach (var warning in LabelSettings.Warnings(options.Label).Concat(CareDesk.Warnings(epochs.Current, options))) application.Logger.LogWarning("{Warning}", warning);

        // 4. The path: the admin listener answers for itself, everything else is an exchange.
        application.UseWhen(static context => AdminListener.Serves(context), admin => admin.Run(context => AdminListener.AnswerAsync(context)));
        application.Use((context, next) => HealthAnswers.TryAnswer(context, out var answer) ? answer : next(context));
        application.MapWhen(static context => context.Request.Path.StartsWithSegments(AboutEndpoint.Path), static about => about.Run(context => context.RequestServices.GetRequiredService<AboutEndpoint>().AnswerAsync(context)));
        application.MapWhen(static context => context.Request.Path.StartsWithSegments(ComplaintEndpoint.Path), static complaints => complaints.Run(context => context.RequestServices.GetRequiredService<ComplaintEndpoint>().AnswerAsync(context)));
        application.UseRouting();
        if (options.About.Header) application.Use(static next => context => context.RequestServices.GetRequiredService<AboutEndpoint>().AnnounceAsync(context, next));
        application.UseMiddleware<RequestGuard>();
        application.MapReverseProxy();
        application.Lifetime.ApplicationStarted.Register(() => application.Services.GetRequiredService<AboutEndpoint>().Warn());
        return application;
    }

    private static GatewayOptions Bind(ConfigurationManager configuration)
    {
        try
        {
            return configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
        }
        catch (InvalidOperationException fault)
        {
            // The binder names key and type; its message is all an operator needs.
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    private static void AddProxy(IServiceCollection services, GatewayOptions options, IConfigurationSection routes)
    {
        services.AddSingleton<IForwarderHttpClientFactory, ForwardingClientFactory>();
        var proxy = services.AddReverseProxy()
            .AddConfigFilter<RouteRules>()
            .AddTransforms(context =>
            {
                var guard = context.Services.GetRequiredService<ResponseGuard>();
                context.AddRequestTransform(PrepareRequest);
                context.AddResponseTransform(guard.GuardAsync);

                // What follows a body would reach the client unjudged; no protocol of models has anything there.
                var policy = context.Route.Metadata?.GetValueOrDefault(RequestGuard.PolicyMetadata);
                context.CopyResponseTrailers = string.Equals(policy, EpochSource.NoPolicy, StringComparison.OrdinalIgnoreCase);
            });
        if (options.Demo && options.Upstream is null)
        {
            var demo = DemoModelServer.Start();
            services.AddSingleton(_ => demo); // a factory's product is disposed with the host
            proxy.LoadFromMemory([CatchAll()], [Upstreams([demo.Address])]);
        }
        else if (options.Upstream is not null) proxy.LoadFromMemory([CatchAll()], [Upstreams(GatewayOptionsValidator.Upstreams(options))]);
        else proxy.LoadFromConfig(routes);
    }

    /// <summary>One route for every path: what no protocol claims is refused before it gets there.</summary>
    private static RouteConfig CatchAll() => new()
    {
        RouteId = "all",
        ClusterId = UpstreamCluster,
        Match = new RouteMatch { Path = "{**path}" },
        Metadata = new Dictionary<string, string> { [RequestGuard.PolicyMetadata] = EpochSource.DefaultPolicy },
    };

    /// <summary>A cluster of model servers.</summary>
    private static ClusterConfig Upstreams(string[] addresses) => new()
    {
        ClusterId = UpstreamCluster,
        LoadBalancingPolicy = addresses.Length > 1 ? "PowerOfTwoChoices" : null,
        Destinations = addresses.Select((address, i) => (address, i)).ToDictionary(
            pair => $"upstream-{(pair.i + 1).ToString(CultureInfo.InvariantCulture)}", pair => new DestinationConfig { Address = pair.address }),
    };

    private static ValueTask PrepareRequest(RequestTransformContext context)
    {
        var headers = context.ProxyRequest.Headers;
        List<string>? forged = null;
        foreach (var header in headers.NonValidated)
        {
            if (header.Key.StartsWith("Gateway-", StringComparison.OrdinalIgnoreCase)) (forged ??= []).Add(header.Key);
        }

        if (forged is not null)
        {
            foreach (var name in forged) headers.Remove(name);
        }

        if (context.HttpContext.Features.Get<Exchange>() is { } exchange)
        {
            Credentials.Exchange(context, exchange);
            if (!exchange.ForwardsUnread)
            {
                foreach (var name in exchange.WithheldHeaders.Concat(HeaderText.Overrides))
                {
                    // A name may be asked for only where it belongs.
                    if (headers.NonValidated.Contains(name)) headers.Remove(name);
                    else if (context.ProxyRequest.Content is { } content && content.Headers.NonValidated.Contains(name)) content.Headers.Remove(name);
                }
            }
        }

        // Answers have to be read: ask for them uncoded.
        headers.AcceptEncoding.Clear();
        headers.Remove("Accept-Encoding");
        context.ProxyRequest.Options.Set(ResilienceHandler.ContextKey, context.HttpContext);
        return ValueTask.CompletedTask;
    }

    private static void ConfigureListeners(IWebHostBuilder host, GatewayOptions options)
    {
        if (options.Sockets.Inline) host.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        host.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // BodyReader keeps the limit, with an answer in the protocol's shape.
            foreach (var url in Addresses(options.Urls)) Listen(kestrel, url, static _ => { });
            foreach (var url in Addresses(options.AdminUrls)) Listen(kestrel, url, AdminListener.Mark);
        });
    }

    private static IEnumerable<BindingAddress> Addresses(string urls) =>
        urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BindingAddress.Parse);

    private static void Listen(KestrelServerOptions kestrel, BindingAddress address, Action<ListenOptions> configure)
    {
        Action<ListenOptions> listen = options =>
        {
            if (address.Scheme == "https") options.UseHttps();
            configure(options);
        };
        if (address.Host == "localhost") kestrel.ListenLocalhost(address.Port, listen);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)) kestrel.Listen(ip, address.Port, listen);
        else kestrel.ListenAnyIP(address.Port, listen);
    }
}
