namespace Gateway.Tenants;

/// <summary>Tenant files were refused; every fault is listed, each with file, place and remedy.</summary>
internal sealed class TenantException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
