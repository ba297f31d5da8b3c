using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Inspection_References_BaseClassLibraryOnly()
    {
        var references = typeof(IDetector).Assembly.GetReferencedAssemblies().Select(name => name.Name!);
        Assert.All(references, name => Assert.True(name.StartsWith("System.", StringComparison.Ordinal), name));
    }
}
