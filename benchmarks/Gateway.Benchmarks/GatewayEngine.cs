using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Benchmarks;

/// <summary>The product's own matcher as the gateway calls it: one detector over a whole text, every finding reported.</summary>
internal sealed class GatewayEngine : MatchEngine
{
    private readonly KeywordDetector _detector;
    private readonly DetectionList _detections = new();

    public GatewayEngine(string[] patterns, Foldings foldings)
    {
        var terms = new LexiconTerm[patterns.Length];
        for (int i = 0; i < terms.Length; i++) terms[i] = new LexiconTerm(patterns[i], "subversion", Tier.Block, TermOptions.None, "patterns.tsv", i + 1);
        _detector = new KeywordDetector(new Lexicon(terms, [], "benchmark", []), foldings);
    }

    public override long Scan(Document document)
    {
        _detections.Clear();
        var answer = _detector.DetectAsync(TextWindow.Whole(document.Text.AsMemory(), TextSide.Prompt), _detections, CancellationToken.None);
        if (!answer.IsCompletedSuccessfully) throw new InvalidOperationException("The keyword detector did not answer at once.");
        return _detections.Total;
    }
}
