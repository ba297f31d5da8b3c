using System.Text;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>Compiled configurations of one policy that writes no labels, for guards without a server.</summary>
internal static class TestEpoch
{
    /// <summary>With the terms of the tests.</summary>
    public static Epoch Terms { get; } = Of(LexiconLoader.Parse([new LexiconFile("test.tsv", Encoding.UTF8.GetBytes(TestLexicon.Lines))]));

    /// <summary>With the terms that come with the gateway.</summary>
    public static Epoch Starter { get; } = Of(LexiconLoader.Load(Path.Combine(Repository.Root, "deploy", "lexicons", "starter")));

    private static Epoch Of(Lexicon lexicon)
    {
        var policy = new Policy { Name = "default", RiskLabel = false, ContentLabel = false, OnAuditFault = FaultAction.Allow };
        return Of(policy, lexicon, new KeywordDetector(lexicon, variantsMayBlock: false), new PersonalDataDetector());
    }

    /// <summary>With a policy and detectors of a test's own.</summary>
    public static Epoch Of(Policy policy, Lexicon lexicon, params IDetector[] detectors) => new()
    {
        Id = "e",
        Content = "e",
        Inspector = new Inspector(detectors),
        Book = PolicyBook.Of(policy),
        Lexicon = lexicon,
        ModelVersion = "m",
        FolderVersion = "f",
    };
}
