using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>Speaks to the admin API of a running gateway: where it is and who asks come from options or the environment.</summary>
internal sealed class AdminClient
{
    public const string AddressVariable = "GATEWAY_ADMIN";
    public const string KeyVariable = "GATEWAY_ADMIN_KEY";

    private const string DefaultAddress = "http://127.0.0.1:8081";
    private const int MostBytes = 16 * 1024 * 1024;

    private readonly Option<string?> _admin = new("--admin") { Description = $"Address of the admin listener (default {AddressVariable}, else {DefaultAddress})." };
    private readonly Option<string?> _keyFile = new("--key-file") { Description = $"File that holds the admin key or token (default: variable {KeyVariable} holds it)." };

    public void AddTo(Command command)
    {
        command.Options.Add(_admin);
        command.Options.Add(_keyFile);
    }

    /// <summary>Calls the API.</summary>
    /// <returns>What it answered.</returns>
    /// <exception cref="ConfigurationException">There is no key, nobody answers, or the answer is an error.</exception>
    public async Task<JsonObject> CallAsync(ParseResult parsed, HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        var address = parsed.GetValue(_admin) ?? Environment.GetEnvironmentVariable(AddressVariable) ?? DefaultAddress;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) throw new ConfigurationException($"--admin is '{address}', but must be an http or https address such as {DefaultAddress}.");
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = MostBytes };
        using var request = new HttpRequestMessage(method, new Uri(uri, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key(parsed));
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var answer = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken)) as JsonObject;
            if (!response.IsSuccessStatusCode) throw new ConfigurationException($"{uri.GetLeftPart(UriPartial.Authority)} answered {(int)response.StatusCode}: {(string?)answer?["error"]}");
            return answer ?? throw new ConfigurationException($"{uri.GetLeftPart(UriPartial.Authority)} answered with something that is no admin API's.");
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException || (fault is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ConfigurationException($"The admin listener at {uri.GetLeftPart(UriPartial.Authority)} does not answer: {fault.Message} Name it with --admin URL.", fault);
        }
    }

    private string Key(ParseResult parsed)
    {
        var key = parsed.GetValue(_keyFile) is { } file ? File.ReadAllText(file) : Environment.GetEnvironmentVariable(KeyVariable);
        return key?.Trim() is { Length: > 0 } text ? text : throw new ConfigurationException($"There is no admin key. Name its file with --key-file FILE, or set {KeyVariable}.");
    }
}
