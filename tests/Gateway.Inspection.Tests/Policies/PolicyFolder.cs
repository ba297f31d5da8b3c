using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

/// <summary>A policy directory of a test.</summary>
internal sealed class PolicyFolder : IDisposable
{
    public static readonly Dictionary<string, Thresholds> ModelThresholds = new() { ["any"] = new(0.9f, 0.6f, 0.95f) };

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-policies-").FullName;

    public PolicyFolder Write(string name, string content)
    {
        File.WriteAllText(Path.Combine(_directory, name + ".json"), content);
        return this;
    }

    public PolicyBook Book() => PolicyLoader.LoadBook(_directory, ModelThresholds);

    public PolicyException Fault() => Assert.Throws<PolicyException>(Book);

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
