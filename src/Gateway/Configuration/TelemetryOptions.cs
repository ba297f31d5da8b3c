namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>
    /// Also collect the web server's and the HTTP client's own meters (<c>http_server_*</c>, <c>kestrel_*</c>, <c>http_client_*</c>). Default false:
    /// they tell little that the gateway's meters do not, and cost some 2 µs an exchange.
    /// </summary>
    public bool FrameworkMeters { get; set; }
}
