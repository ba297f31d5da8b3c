using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

public sealed class TaxonomyTests
{
    [Fact]
    public void Default_Groups_HoldThirtyOneRisks()
    {
        var taxonomy = Taxonomy.Default;
        Assert.Equal(31, taxonomy.StandardCount);
        Assert.Equal([8, 9, 5, 7, 2], taxonomy.Risks.Take(31).GroupBy(risk => risk.Group).Select(group => group.Count()));
        Assert.All(taxonomy.Risks.Skip(31), risk => Assert.Equal(Taxonomy.ExtensionsGroup, risk.Group));
        Assert.Equal(taxonomy.All.Count, taxonomy.All.Distinct().Count());
        Assert.All(taxonomy.Risks, risk => Assert.True(risk.Chinese.Length > 0 && risk.English.Length > 0));
    }

    [Theory]
    [InlineData("subversion", true)]
    [InlineData("other-prohibited.drugs", true)]
    [InlineData("x-prompt-injection", true)]
    [InlineData("Subversion", false)]
    [InlineData("drugs", false)]
    [InlineData("subversion.drugs", false)]
    [InlineData("other-prohibited.", false)]
    [InlineData("", false)]
    public void IsKnown_Labels_AreExact(string label, bool known)
    {
        Assert.Equal(known, Taxonomy.Default.IsKnown(label));
        Assert.Equal(known, Taxonomy.Default.TryGetRisk(label, out _));
    }

    [Fact]
    public void TryGetRisk_SubLabel_IsItsRisk()
    {
        Assert.True(Taxonomy.Default.TryGetRisk("other-prohibited.drugs", out var risk));
        Assert.Equal("other-prohibited", risk.Id);
        Assert.Contains("drugs", risk.SubLabels);
        Assert.Equal("A.1 h)", risk.Clause);
    }

    [Theory]
    [InlineData("subverson", "subversion")]
    [InlineData("other-prohibited.drug", "other-prohibited.drugs")]
    [InlineData("Discrim-Gender", "discrim-gender")]
    [InlineData("completely different", "")]
    [InlineData("", "")]
    public void TrySuggest_Misspelling_NamesTheNearest(string unknown, string expected)
    {
        Assert.Equal(expected.Length > 0, Taxonomy.Default.TrySuggest(unknown, out var nearest));
        Assert.Equal(expected, nearest);
    }
}
