using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;

namespace Gateway.Onnx.Evaluation;

/// <summary>
/// Says which words carried a score, by taking them out and asking again. Works with any model, whatever it reads.
/// </summary>
internal sealed class Explanation(RiskClassifier classifier)
{
    /// <summary>Words, or Han characters, taken out together at most.</summary>
    private const int Longest = 4;

    /// <summary>Logits a piece must be worth more for each word more: otherwise the longest always wins.</summary>
    private const double PerWord = 0.15;

    /// <summary>Characters of the passage that is looked at; a longer text is judged in windows, and the worst counts.</summary>
    private const int MostCharacters = 1500;

    /// <summary>A piece of the text and what the score loses without it.</summary>
    /// <param name="Start">Offset in the text, UTF-16 units.</param>
    /// <param name="Length">Length.</param>
    /// <param name="Weight">Loss of log-odds without the piece; negative when it speaks against the label.</param>
    internal readonly record struct Piece(int Start, int Length, double Weight);

    /// <summary>The probability of a label, and the pieces that carried it, the heaviest first, none overlapping another.</summary>
    public async Task<(float Score, IReadOnlyList<Piece> Pieces)> ExplainAsync(string text, TextSide side, int label, int most, CancellationToken cancellationToken)
    {
        var whole = await classifier.ScoreAsync(text.AsMemory(), side, cancellationToken);
        if (whole.Windows == 0) return (0f, []);
        var (start, length) = whole.Window(label);
        length = Math.Min(length, MostCharacters);
        var passage = text.Substring(start, length);
        var at = LogOdds((await classifier.ScoreAsync(passage.AsMemory(), side, cancellationToken))[label]);
        var words = Words(passage);
        var weighed = new List<(Piece Piece, double Rank)>();
        for (var first = 0; first < words.Count; first++)
        {
            for (var count = 1; count <= Longest && first + count <= words.Count; count++)
            {
                var from = words[first].Start;
                var to = words[first + count - 1].Start + words[first + count - 1].Length;
                var without = string.Concat(passage.AsSpan(0, from), " ", passage.AsSpan(to));
                var scores = await classifier.ScoreAsync(without.AsMemory(), side, cancellationToken);
                var weight = at - (scores.Windows == 0 ? LogOdds(0) : LogOdds(scores[label]));
                weighed.Add((new Piece(start + from, to - from, weight), Math.Abs(weight) - (PerWord * (count - 1))));
            }
        }

        var chosen = new List<Piece>();
        foreach (var (piece, _) in weighed.OrderByDescending(pair => pair.Rank))
        {
            if (chosen.Count == most) break;
            if (chosen.All(other => piece.Start + piece.Length <= other.Start || other.Start + other.Length <= piece.Start)) chosen.Add(piece);
        }

        return (whole[label], [.. chosen.OrderByDescending(piece => Math.Abs(piece.Weight))]);
    }

    /// <summary>Runs of letters and digits, and single Han characters.</summary>
    private static List<(int Start, int Length)> Words(string text)
    {
        var words = new List<(int Start, int Length)>();
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsLetterOrDigit(text[i]) && !char.IsSurrogate(text[i])) continue;
            var start = i;
            if (text[i] < '\u2E80')
                while (i + 1 < text.Length && text[i + 1] < '\u2E80' && (char.IsLetterOrDigit(text[i + 1]) || text[i + 1] == '\'')) i++;
            else if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length) i++;
            words.Add((start, i - start + 1));
        }

        return words;
    }

    private static double LogOdds(float probability)
    {
        var bounded = Math.Clamp(probability, 1e-6, 1 - 1e-6);
        return Math.Log(bounded / (1 - bounded));
    }
}
