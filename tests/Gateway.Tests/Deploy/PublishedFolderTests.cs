using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Tests.Deploy;

/// <summary>What the image would hold and start, run without a container: there is no engine on the build machines.</summary>
public sealed class PublishedFolderTests
{
    [Fact]
    public async Task PublishedFolder_StartedAsTheImageStartsIt_ServesAndWritesOnlyItsJournal()
    {
        using var files = new TempDirectory();
        string app = files.Folder("app"), audit = files.Folder("audit"), elsewhere = files.Folder("elsewhere");
        ChildProcess publish = await ChildProcess.RunAsync(
            "dotnet",
            ["publish", Path.Combine(Repository.Root, "src", "Gateway"), "-c", "Release", "--no-build", "-o", app, "-nodeReuse:false"],
            limit: TimeSpan.FromMinutes(2));
        await using (publish) Assert.True(publish.ExitCode == 0, publish.Output + publish.Errors);
        string[] before = Listing(app);

        int port = FreePort.Next(), adminPort = FreePort.Next();
        string[] start =
        [
            .. ImageCommand().Select(word => word switch
            {
                "/audit" => audit,
                "http://0.0.0.0:8080" => $"http://127.0.0.1:{port}",
                "http://0.0.0.0:8081" => $"http://127.0.0.1:{adminPort}",
                _ => word.Replace("/app/", app + "/", StringComparison.Ordinal),
            }),
        ];
        await using (ChildProcess gateway = ChildProcess.Start(start[0], start[1..], elsewhere, new Dictionary<string, string> { ["DOTNET_EnableDiagnostics"] = "0" }))
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{adminPort}") };
            await Eventually.TrueAsync(() => IsReadyAsync(client, gateway), "the published gateway says it is ready");
            using var data = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            using HttpResponseMessage answer = await data.PostAsync("/v1/chat/completions", new ByteArrayContent(ChatTranscripts.Request("Hello.")) { Headers = { ContentType = new("application/json") } });
            Assert.True(answer.IsSuccessStatusCode, gateway.Output);
            gateway.Stop();
            await gateway.ExitedAsync();
            Assert.Equal(0, gateway.ExitCode);
        }

        Assert.Equal(before, Listing(app));
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere));
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(audit));
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, ChildProcess gateway)
    {
        Assert.False(gateway.HasExited, gateway.Output + gateway.Errors);
        try
        {
            using HttpResponseMessage answer = await client.GetAsync("/readyz");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    // ENTRYPOINT and CMD as the Dockerfile writes them.
    private static string[] ImageCommand()
    {
        string[] lines = DeployFolder.Read("Dockerfile").Split('\n');
        return [.. Words("ENTRYPOINT "), .. Words("CMD ")];

        string[] Words(string instruction) =>
            JsonSerializer.Deserialize<string[]>(lines.Single(line => line.StartsWith(instruction, StringComparison.Ordinal))[instruction.Length..])!;
    }

    private static string[] Listing(string folder) =>
    [
        .. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc:O}").Order(StringComparer.Ordinal),
    ];
}
