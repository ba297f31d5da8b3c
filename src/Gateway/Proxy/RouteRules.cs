using Gateway.Configuration;
using Gateway.Protocols;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>What every route and cluster must have: a policy that exists, or the written word that there is none; and time-outs.</summary>
internal sealed class RouteRules(EpochSource epochs, ProtocolRegistry protocols, GatewayOptions options) : IProxyConfigFilter
{
    /// <summary>The policies that routes name, <see cref="EpochSource.NoPolicy"/> too: none of them may go while the route is there.</summary>
    public static IEnumerable<string> PoliciesInUse(IProxyStateLookup proxy) => proxy.GetRoutes()
        .Select(route => route.Config.Metadata?.GetValueOrDefault(RequestGuard.PolicyMetadata))
        .OfType<string>()
        .Where(name => name.Length > 0)
        .Distinct(StringComparer.OrdinalIgnoreCase);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel)
    {
        var policy = route.Metadata?.GetValueOrDefault(RequestGuard.PolicyMetadata);
        if (string.IsNullOrEmpty(policy))
        {
            throw new ConfigurationException(
                $"ReverseProxy:Routes:{route.RouteId}:Metadata:Policy is missing. Name a policy file (without .json), or write \"none\" to pass this route unjudged.");
        }

        var isUnguarded = string.Equals(policy, EpochSource.NoPolicy, StringComparison.OrdinalIgnoreCase);
        if (isUnguarded && epochs.Current.Book.HasBase)
        {
            throw new ConfigurationException(
                $"ReverseProxy:Routes:{route.RouteId}:Metadata:Policy is \"none\", but base.json binds every route: nothing passes unjudged. Name a policy, or take the base away.");
        }

        if (!isUnguarded && !epochs.Current.Policies.ContainsKey(policy))
        {
            throw new ConfigurationException(
                $"ReverseProxy:Routes:{route.RouteId}:Metadata:Policy names '{policy}', but the policy directory has only: {string.Join(", ", epochs.Current.Policies.Keys.Order(StringComparer.Ordinal))}.");
        }

        var protocol = route.Metadata?.GetValueOrDefault(RequestGuard.ProtocolMetadata);
        if (!string.IsNullOrEmpty(protocol) && protocols.Find(protocol) is null)
        {
            throw new ConfigurationException(
                $"ReverseProxy:Routes:{route.RouteId}:Metadata:Protocol names '{protocol}', but there are only: {string.Join(", ", protocols.All.Select(known => known.Name))}.");
        }

        return ValueTask.FromResult(route);
    }

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel)
    {
        var request = cluster.HttpRequest ?? new ForwarderRequestConfig();
        if (request.ActivityTimeout is null) request = request with { ActivityTimeout = TimeSpan.FromSeconds(options.Resilience.ActivityTimeoutSeconds) };
        return ValueTask.FromResult(cluster with { HttpRequest = request });
    }
}
