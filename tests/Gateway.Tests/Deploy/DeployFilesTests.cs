using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

public sealed class DeployFilesTests
{
    // The runtime image's user; files, volumes and manifests must agree on it.
    private const string User = "1654";

    public static TheoryData<string> Files() =>
    [
        .. Directory.EnumerateFiles(DeployFolder.PathOf(""), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".yml" or ".yaml" or ".json")
            .Select(file => Path.GetRelativePath(DeployFolder.PathOf(""), file)),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_Any_Parses(string file)
    {
        string text = DeployFolder.Read(file);
        if (Path.GetExtension(file) == ".json")
        {
            using JsonDocument document = JsonDocument.Parse(text);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }
        else
        {
            Assert.NotEmpty(Load(text).Documents);
        }
    }

    [Fact]
    public void Compose_Redis_KeepsWhatItIsGiven()
    {
        YamlNode redis = Load(DeployFolder.Read("compose.yaml")).Documents[0].RootNode["services"]["redis"];
        string command = string.Join(' ', ((YamlSequenceNode)redis["command"]).Select(word => word.ToString()));
        Assert.Contains("--appendonly yes", command, StringComparison.Ordinal);
        Assert.Contains("--maxmemory-policy noeviction", command, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_EveryMountedFile_Exists()
    {
        var services = (YamlMappingNode)Load(DeployFolder.Read("compose.yaml")).Documents[0].RootNode["services"];
        string[] mounts =
        [
            .. services.Children.Values.Cast<YamlMappingNode>()
                .Where(service => service.Children.ContainsKey(new YamlScalarNode("volumes")))
                .SelectMany(service => (YamlSequenceNode)service["volumes"])
                .Select(mount => mount.ToString().Split(':')[0])
                .Where(mount => mount.StartsWith("./", StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(mounts);
        Assert.All(mounts, mount => Assert.True(Path.Exists(DeployFolder.PathOf(mount)), $"{mount} is mounted but not there."));
    }

    [Fact]
    public void Compose_AdminListener_IsNotPublished()
    {
        YamlNode gateway = Load(DeployFolder.Read("compose.yaml")).Documents[0].RootNode["services"]["gateway"];
        Assert.DoesNotContain((YamlSequenceNode)gateway["ports"], port => port.ToString().Contains("8081", StringComparison.Ordinal));
    }

    [Fact]
    public void Dockerfile_Image_RunsWithoutRightsAndKeepsItsJournalOnAVolume()
    {
        string[] lines = DeployFolder.Read("Dockerfile").Split('\n');
        Assert.Contains($"USER {User}:{User}", lines);
        Assert.Contains("VOLUME /audit", lines);
        Assert.Contains("EXPOSE 8080 8081", lines);
        Assert.Contains($"COPY --from=build --chown={User}:{User} /audit /audit", lines);
    }

    [Fact]
    public void Kubernetes_Pod_IsConfinedProbedAndHasTimeToStop()
    {
        YamlNode set = Load(DeployFolder.Read("kubernetes/gateway.yaml")).Documents
            .Select(document => document.RootNode).Single(node => node["kind"].ToString() == "StatefulSet")["spec"];
        YamlNode pod = set["template"]["spec"], container = pod["containers"][0];
        Assert.Equal("45", pod["terminationGracePeriodSeconds"].ToString());
        Assert.Equal("true", pod["securityContext"]["runAsNonRoot"].ToString());
        Assert.Equal(User, pod["securityContext"]["runAsUser"].ToString());
        Assert.Equal(User, pod["securityContext"]["fsGroup"].ToString());
        Assert.Equal("true", container["securityContext"]["readOnlyRootFilesystem"].ToString());
        Assert.Equal("false", container["securityContext"]["allowPrivilegeEscalation"].ToString());
        Assert.Equal("/livez", container["livenessProbe"]["httpGet"]["path"].ToString());
        Assert.Equal("/readyz", container["readinessProbe"]["httpGet"]["path"].ToString());
        string claim = set["volumeClaimTemplates"][0]["metadata"]["name"].ToString();
        Assert.Contains((YamlSequenceNode)container["volumeMounts"], mount => mount["name"].ToString() == claim && mount["mountPath"].ToString() == "/audit");
    }

    private static YamlStream Load(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream;
    }
}
