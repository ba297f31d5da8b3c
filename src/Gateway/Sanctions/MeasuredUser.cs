namespace Gateway.Sanctions;

/// <summary>A user under a measure.</summary>
/// <param name="TenantKey">The tenant, by keyed hash.</param>
/// <param name="UserKey">The user, by keyed hash.</param>
/// <param name="Standing">How the user stands.</param>
internal sealed record MeasuredUser(string TenantKey, string UserKey, Standing Standing);
