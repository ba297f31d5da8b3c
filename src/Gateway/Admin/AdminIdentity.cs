namespace Gateway.Admin;

/// <summary>Who calls the admin API.</summary>
/// <param name="Name">Name of the key, or of the person whom a token names.</param>
/// <param name="Roles">The roles; none where a token names none that is known here.</param>
internal sealed record AdminIdentity(string Name, IReadOnlyList<string> Roles)
{
    /// <summary>The strongest of the roles that an operation is for; <see langword="null"/> where there is none.</summary>
    public string? RoleFor(IReadOnlyCollection<string> allowed) => AdminRoles.StrongestFirst.FirstOrDefault(role => Roles.Contains(role) && allowed.Contains(role));
}
