using Gateway.Audit;
using Gateway.Protocols;
using Gateway.Tenants;

namespace Gateway.Proxy;

/// <summary>
/// Finds out who comes in and what applies to them. Where there are tenants a key or a token opens the door; without any
/// nobody is asked, and only configured headers are believed.
/// </summary>
internal sealed class Reception(EndUserSource users, TokenReader tokens, TimeProvider clock)
{
    /// <summary>Identifies tenant and end user, as far as they are known before the body is read.</summary>
    /// <returns>Why the client may not come in; <see langword="null"/> when it may.</returns>
    public ValueTask<GatewayError?> ReceiveAsync(HttpContext context, Exchange exchange)
    {
        var headers = context.Request.Headers;
        exchange.IsMinor = users.IsMinor(headers);
        if (!exchange.Epoch.Tenants.IsConfigured)
        {
            exchange.Tenant = users.TenantOf(headers);
            exchange.EndUser = users.FromHeaders(headers);
            return default;
        }

        return OpenAsync(context, exchange);
    }

    /// <summary>The policy once the model is known, and the end user once the body is.</summary>
    public void Know(Exchange exchange, ReadOnlySpan<byte> body)
    {
        exchange.EndUser ??= users.FromBody(body);
        exchange.ChoosePolicy();
    }

    private async ValueTask<GatewayError?> OpenAsync(HttpContext context, Exchange exchange)
    {
        var error = GatewayError.NoKey;
        foreach (var presented in Credentials.Presented(context.Request))
        {
            if (exchange.Epoch.Tenants.OwnerOf(presented) is not { } owner)
            {
                error = GatewayError.UnknownKey;
                if (!tokens.MayRead(presented)) continue;
                if (!await TryReadAsync(context, exchange, presented)) return exchange.Fault is null ? error : GatewayError.IdentityUnavailable;
                return null;
            }

            if (!owner.Key.IsValid(clock.GetUtcNow())) return GatewayError.ExpiredKey;
            Admit(context, exchange, new ClientIdentity(owner.Tenant, owner.Key, presented));
            return null;
        }

        return error;
    }

    private async ValueTask<bool> TryReadAsync(HttpContext context, Exchange exchange, string token)
    {
        try
        {
            if (await tokens.ReadAsync(token, context.RequestAborted) is not { Tenant: { } name } read || exchange.Epoch.Tenants.Find(name) is not { } tenant) return false;
            Admit(context, exchange, new ClientIdentity(tenant, null, token, read.User));
            return true;
        }
        catch (InvalidOperationException)
        {
            exchange.Fault = GatewayError.IdentityUnavailable.Code;
            return false;
        }
    }

    private void Admit(HttpContext context, Exchange exchange, ClientIdentity client)
    {
        exchange.Client = client;
        exchange.Tenant = client.Tenant.Name;
        exchange.EndUser = client.User ?? users.FromHeaders(context.Request.Headers);
        exchange.ChoosePolicy();
    }
}
