namespace Gateway.Proxy;

/// <summary>The journal could not take a record and policy refuses what it cannot record. Never leaves the guards.</summary>
internal sealed class UnrecordedException : Exception;
