using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>A gateway whose cases people handle, for a single test.</summary>
public sealed class CaseGateway : GuardedGateway, IAsyncDisposable
{
    private const string KeysFile = "# keys of tests\n";
    private readonly TempDirectory _files = new();
    private readonly string[] _arguments;
    private readonly string? _audit;
    private readonly string _lexicon;

    private CaseGateway(string? audit, string lexicon, string[] arguments) => (_audit, _lexicon, _arguments) = (audit, lexicon, arguments);

    public static Task<CaseGateway> StartAsync(params string[] arguments) => StartAsync(null, TestLexicon.Lines, arguments);

    public static async Task<CaseGateway> StartAsync(string? audit, string lexicon, params string[] arguments)
    {
        var gateway = new CaseGateway(audit, lexicon, arguments);
        await gateway.InitializeAsync();
        return gateway;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        _files.Dispose();
    }

    /// <summary>Files a complaint.</summary>
    internal async Task<(int Status, JsonObject Body)> FileAsync(JsonObject complaint, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/complaints") { Content = new StringContent(complaint.ToJsonString(), Encoding.UTF8, "application/json") };
        if (token is not null) request.Headers.Add("Complaint-Token", token);
        return await ReadAsync(Host.Client, request);
    }

    internal async Task<(int Status, JsonObject Body)> LookAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Add("Complaint-Token", token);
        return await ReadAsync(Host.Client, request);
    }

    /// <summary>Asks the admin listener.</summary>
    internal async Task<(int Status, JsonObject Body)> AdminAsync(string path, JsonObject? body = null, string? key = "anna", HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? (body is null ? HttpMethod.Get : HttpMethod.Post), path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await ReadAsync(Host.Admin, request);
    }

    protected override GatewaySetup Configure(GatewaySetup setup)
    {
        var keys = _files.Write("keys", KeysFile + string.Join('\n', new[] { ("anna", "reviewer"), ("bert", "reviewer"), ("carl", "reviewer"), ("vera", "viewer") }
            .Select(key => $"{key.Item1} {key.Item2} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.Item1)))}")) + "\n");
        return setup with { AuditDirectory = _audit, Lexicon = _lexicon, Arguments = [$"--Gateway:Admin:KeysFile={keys}", "--Gateway:Review:RefreshSeconds=3600", .. _arguments] };
    }

    private static async Task<(int Status, JsonObject Body)> ReadAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsByteArrayAsync())!.AsObject());
    }
}
