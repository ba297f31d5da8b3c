using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Tests.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>
/// The rows of the evasion tables. A row is a term, a text that spells it in a way meant to escape, and the foldings that a reviewer
/// must be told of; its benign twin is a text that has the same features and no such word.
/// </summary>
internal static class Evasion
{
    /// <summary>Finds terms, written as <see cref="LexiconText"/> has them, in a whole text with the defaults.</summary>
    public static Task<Detection[]> FindAsync(Lexicon lexicon, string text) => FindAsync(new KeywordDetector(lexicon), text);

    /// <summary>Finds the terms of a detector in a whole text.</summary>
    public static async Task<Detection[]> FindAsync(KeywordDetector detector, string text)
    {
        var found = new DetectionList();
        await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
        return found.ToArray();
    }

    /// <summary>The one term is found once, where it stands in the original text, and the verdict names the foldings.</summary>
    public static async Task<Detection> AssertHitAsync(string term, string text, string expected, Foldings needed)
    {
        var detection = Assert.Single(await FindAsync(LexiconText.Of([term]), text));
        Assert.Equal(expected, text.Substring(detection.Start, detection.Length));
        Assert.True((detection.Foldings & needed) == needed, $"{detection.Foldings} does not name {needed}.");
        await AssertHitInStreamsAsync(term, text, detection);
        return detection;
    }

    /// <summary>
    /// Cut in two anywhere, and unit by unit, the text gives the same hit, and none of its characters is released before it is reported.
    /// </summary>
    private static async Task AssertHitInStreamsAsync(string term, string text, Detection expected)
    {
        var detector = new KeywordDetector(LexiconText.Of([term]));
        string[][] cuttings = [.. Enumerable.Range(0, text.Length + 1).Select(cut => new[] { text[..cut], text[cut..] }), [.. text.Select(unit => unit.ToString())]];
        foreach (var pieces in cuttings)
        {
            var replay = new StreamReplay(detector);
            foreach (var piece in pieces)
            {
                await replay.ReadAsync(piece, false);
                Assert.True(
                    expected.LabelsOnly || replay.Found.Total > 0 || replay.Released <= expected.Start,
                    $"'{replay.Received[..replay.Released]}' was released of '{replay.Received}'.");
            }

            await replay.ReadAsync("", true);
            Assert.True(
                replay.Found.Total == 1 && (replay.Found[0].Start, replay.Found[0].End) == (expected.Start, expected.End),
                $"Cut as {string.Join('|', pieces)}: {string.Join(", ", replay.Found.ToArray().Select(hit => $"{hit.Start}..{hit.End}"))}, expected {expected.Start}..{expected.End}.");
        }
    }

    /// <summary>No term is found.</summary>
    public static async Task AssertPassesAsync(string text, params string[] terms)
    {
        var found = await FindAsync(LexiconText.Of(terms), text);
        Assert.True(found.Length == 0, $"{string.Join(", ", found.Select(hit => $"{hit.Rule} at '{text.Substring(hit.Start, hit.Length)}' ({hit.Foldings})"))}");
    }
}
