namespace Gateway.Inspection.Text;

/// <summary>"Did you mean": finds the most similar of some words.</summary>
public static class Spelling
{
    private const int LongestCompared = 128;

    /// <summary>Finds the most similar word by edit distance, upper and lower case being the same; of equally similar ones the first.</summary>
    /// <param name="unknown">What was written.</param>
    /// <param name="known">What could have been meant.</param>
    /// <param name="nearest">The most similar word; empty when none is similar.</param>
    /// <returns>False when more than a third of the characters of each word would have to change.</returns>
    public static bool TryNearest(string unknown, IEnumerable<string> known, out string nearest)
    {
        ArgumentNullException.ThrowIfNull(unknown);
        ArgumentNullException.ThrowIfNull(known);
        nearest = "";
        if (unknown.Length > LongestCompared) return false;
        var least = int.MaxValue;
        foreach (var word in known)
        {
            var distance = Distance(unknown, word);
            if (distance >= least || distance * 3 > Math.Max(unknown.Length, word.Length)) continue;
            (least, nearest) = (distance, word);
        }

        return least != int.MaxValue;
    }

    private static int Distance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++) row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var best = Math.Min(diagonal + (same ? 0 : 1), Math.Min(row[j], row[j - 1]) + 1);
                (diagonal, row[j]) = (row[j], best);
            }
        }

        return row[^1];
    }
}
