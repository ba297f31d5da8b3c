namespace Gateway.Onnx.Features;

/// <summary>
/// How text becomes the ids that a <c>hashed-ngrams</c> model reads. Part of the manifest, because a model is only worth
/// anything with exactly the features it was trained on.
/// </summary>
public sealed record NgramSettings
{
    /// <summary>Rows of the embedding table without the padding row; ids are 1 to <c>Buckets</c>. 1,024 to 16,777,216.</summary>
    public int Buckets { get; init; } = 1 << 19;

    /// <summary>Seed of the hash. Any value; it keeps two models from sharing their collisions.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Longest n-gram ending in a character of a dense script (Han, kana, hangul, emoji); all shorter ones are taken too. 1 to 5.</summary>
    public int DenseOrder { get; init; } = 4;

    /// <summary>Shortest n-gram inside a word of a spaced script, word boundaries counting as a character. 1 to 5.</summary>
    public int SpacedOrderMin { get; init; } = 4;

    /// <summary>Longest n-gram inside a word of a spaced script. <see cref="SpacedOrderMin"/> to 5.</summary>
    public int SpacedOrderMax { get; init; } = 5;

    /// <summary>Longest sequence of whole words. 0 (no words) to 3.</summary>
    public int WordOrder { get; init; } = 2;

    /// <summary>Whether words and pairs of dense characters of an answer have an id more: many mean something else there than in a question.</summary>
    public bool SideWords { get; init; }

    /// <summary>
    /// How many characters from its beginning a text is at its opening, whose words and pairs of dense characters have an id more: what is wanted is mostly
    /// said first. 0 (no opening) to 1,024.
    /// </summary>
    public int OpeningLength { get; init; }

    /// <summary>
    /// Whether spelling that hides words is undone before hashing: traditional and look-alike characters (as keywords are matched), separators between Han characters and between single
    /// letters, digits that stand for letters.
    /// </summary>
    public bool JoinsSpelling { get; init; }

    /// <summary>
    /// How much finer ids are than the rows of the embedding table: each row stands for 2 to this power of them, and a linear part beside
    /// the table tells them apart. 0 (no linear part) to 4.
    /// </summary>
    public int LinearBits { get; init; }

    /// <summary>Among how many ids before it an id is a repetition, which the linear part does not count again. 0 (none is) to 65,536.</summary>
    public int RepeatIds { get; init; }

    /// <summary>Ids in one row of the input tensor; the last row of a text is padded with 0. 8 to 1,024.</summary>
    public int RowIds { get; init; } = 64;

    /// <summary>Rows that are judged together at most: the window. 1 to 4,096.</summary>
    public int WindowRows { get; init; } = 48;

    /// <summary>Rows from the start of a window to the start of the next; less than <see cref="WindowRows"/> makes them overlap. 1 to <see cref="WindowRows"/>.</summary>
    public int StrideRows { get; init; } = 24;

    /// <summary>Rows of a passage, judged beside the windows in a text of more rows. 0 (no passages) to <see cref="WindowRows"/> − <see cref="StrideRows"/>.</summary>
    public int PassageRows { get; init; } = 3;

    /// <summary>Rows from the start of a passage to the start of the next. 1 to <see cref="PassageRows"/>.</summary>
    public int PassageStrideRows { get; init; } = 1;

    internal const int LongestOrder = 5;

    /// <summary>The highest id.</summary>
    internal int HighestId => Buckets << LinearBits;

    /// <summary>The row of the embedding table that an id, marked as a repetition or not, belongs to.</summary>
    internal int Bucket(int id) => (Math.Abs(id) + (1 << LinearBits) - 1) >> LinearBits;

    internal void AddFaults(List<string> faults)
    {
        Require(Buckets is >= 1024 and <= 1 << 24, "input.ngrams.buckets", Buckets, "1024 to 16777216");
        Require(DenseOrder is >= 1 and <= LongestOrder, "input.ngrams.denseOrder", DenseOrder, "1 to 5");
        Require(SpacedOrderMin is >= 1 and <= LongestOrder, "input.ngrams.spacedOrderMin", SpacedOrderMin, "1 to 5");
        Require(SpacedOrderMax >= SpacedOrderMin && SpacedOrderMax <= LongestOrder, "input.ngrams.spacedOrderMax", SpacedOrderMax, "spacedOrderMin to 5");
        Require(WordOrder is >= 0 and <= 3, "input.ngrams.wordOrder", WordOrder, "0 to 3");
        Require(OpeningLength is >= 0 and <= 1024, "input.ngrams.openingLength", OpeningLength, "0 to 1024");
        Require(LinearBits is >= 0 and <= 4, "input.ngrams.linearBits", LinearBits, "0 to 4");
        Require(RepeatIds is >= 0 and <= 1 << 16, "input.ngrams.repeatIds", RepeatIds, "0 to 65536");
        Require(RowIds is >= 8 and <= 1024, "input.ngrams.rowIds", RowIds, "8 to 1024");
        Require(WindowRows is >= 1 and <= 4096, "input.ngrams.windowRows", WindowRows, "1 to 4096");
        Require(StrideRows >= 1 && StrideRows <= WindowRows, "input.ngrams.strideRows", StrideRows, "1 to windowRows");
        Require(PassageRows >= 0 && PassageRows <= WindowRows - StrideRows, "input.ngrams.passageRows", PassageRows, "0 to windowRows - strideRows");
        Require(PassageRows == 0 || (PassageStrideRows >= 1 && PassageStrideRows <= PassageRows), "input.ngrams.passageStrideRows", PassageStrideRows, "1 to passageRows");

        void Require(bool holds, string key, int value, string range)
        {
            if (!holds) faults.Add($"{key} is {value}: it must be {range}");
        }
    }
}
