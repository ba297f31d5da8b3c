using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Gateway.Admin;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Admin keys of a test: one for each role, and a second operator.</summary>
internal static class AdminKeysFile
{
    public const string SecondOperator = "operator2";

    public static string Lines { get; } = string.Join('\n', AdminRoles.All.Append(SecondOperator).Select(name =>
        $"{name} {name.TrimEnd('2')} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("key-of-" + name)))}")) + "\n";

    /// <summary>Calls the admin API.</summary>
    public static async Task<Exchange> CallAsync(GatewayTestHost host, string? who, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (who is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "key-of-" + who);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await host.Admin.SendAsync(request);
        return await Exchange.ReadAsync(response);
    }
}
