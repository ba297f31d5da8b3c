using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary>A real S3 store on loopback: npm's s3rver with one bucket.</summary>
internal sealed class S3Server : IAsyncDisposable
{
    private readonly TempDirectory _files = new();
    private ChildProcess? _child;

    private S3Server(int port) => Port = port;

    public int Port { get; }

    /// <summary>For <c>--to</c> and <c>--archive</c>.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"s3://records/kept?endpoint=http://127.0.0.1:{Port}");

    /// <summary>Credentials that the store knows.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = "S3RVER",
        ["AWS_SECRET_ACCESS_KEY"] = "S3RVER",
        ["AWS_REGION"] = "us-east-1",
    };

    public string Files => _files.Path;

    public static async Task<S3Server> StartAsync()
    {
        var server = new S3Server(FreePort.Next());
        await server.ResumeAsync();
        return server;
    }

    public async Task ResumeAsync()
    {
        var program = Path.Combine(Repository.Root, "tests", "Gateway.FunctionalTests", "node", "node_modules", "s3rver", "bin", "s3rver.js");
        _child = ChildProcess.Start(
            "node", [program, "--directory", _files.Path, "--address", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--silent", "--configure-bucket", "records"]);
        using var client = new HttpClient();
        await Eventually.TrueAsync(async () =>
        {
            Assert.False(_child.HasExited, _child.Output + _child.Errors);
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{Port}/"));
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "s3rver answers");
    }

    public async Task KillAsync()
    {
        _child!.Kill();
        await _child.ExitedAsync();
        await _child.DisposeAsync();
        RemoveHalfWritten();
    }

    /// <summary>A store keeps an object whole or not at all; this one, killed while it writes, leaves halves that it cannot serve.</summary>
    private void RemoveHalfWritten()
    {
        foreach (var written in Directory.EnumerateFiles(_files.Path, "*._S3rver_object", SearchOption.AllDirectories).ToList())
        {
            var (sum, about) = (written + ".md5", written[..^"object".Length] + "metadata.json");
            var isWhole = File.Exists(sum) && File.Exists(about) && new FileInfo(about).Length > 0
                && File.ReadAllText(sum).Contains(SumOf(written), StringComparison.OrdinalIgnoreCase);
            if (isWhole) continue;
            foreach (var part in new[] { written, sum, about }) File.Delete(part);
        }
    }

    // The sum the store itself keeps beside each object.
#pragma warning disable CA5351
    private static string SumOf(string file) => Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(File.ReadAllBytes(file)));
#pragma warning restore CA5351

    public async ValueTask DisposeAsync()
    {
        if (_child is not null) await _child.DisposeAsync();
        _files.Dispose();
    }
}
