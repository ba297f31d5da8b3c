using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Matching;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// Finds the terms of a lexicon in folded text. Answers at once, allocates nothing when it finds nothing, and holds back
/// exactly the characters that may still become part of a block term, of a review term where another one or a classifier could
/// confirm it (<see cref="TextWindow.HintsHeldFrom"/>), or of a hit that text to come may still undo (a longer allow term, a
/// longer word, a term that must not stand near). Watch terms hold nothing, nor do signs of a crisis and spellings that only label, but for
/// the last character of one that text to come decides.
/// Immutable and safe for any number of threads.
/// </summary>
public sealed class KeywordDetector : IDetector
{
    /// <summary>What is applied unless told otherwise: everything. Options of terms decide about leetspeak and the variant spellings.</summary>
    public const Foldings DefaultFoldings = (Foldings)0xFFFF;

    /// <summary>Separators tolerated between two characters of a term, unless told otherwise.</summary>
    public const int DefaultSeparators = 4;

    private const string Rules = "fold-3";

    private readonly KeywordRules _rules;
    private readonly ConcurrentQueue<KeywordScan> _idle = new();

    /// <summary>Compiles a lexicon, which takes less than a second for 60,000 terms.</summary>
    /// <param name="lexicon">The terms.</param>
    /// <param name="foldings">The foldings to apply; <see cref="Foldings.None"/> finds terms letter for letter.</param>
    /// <param name="mostSeparators">
    /// Separators (a blank run, a tag, a sign, an emoji each counting as one) tolerated between two characters of a term, 0 to 32.
    /// </param>
    /// <param name="variantsMayBlock">
    /// Some policy lets spellings in pinyin, initials, sounds or parts do more than label; otherwise streams do not wait for them.
    /// </param>
    /// <param name="tiers">What terms may do at most; the default table when left out.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mostSeparators"/> is out of range.</exception>
    public KeywordDetector(
        Lexicon lexicon, Foldings foldings = DefaultFoldings, int mostSeparators = DefaultSeparators, bool variantsMayBlock = true, TierTable? tiers = null)
    {
        ArgumentNullException.ThrowIfNull(lexicon);
        ArgumentOutOfRangeException.ThrowIfNegative(mostSeparators);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mostSeparators, 32);
        Lexicon = lexicon;
        Foldings = foldings;
        FolderVersion = string.Create(CultureInfo.InvariantCulture,
            $"{Rules}{(foldings == DefaultFoldings ? "" : $"/{(int)foldings:x}")}{(mostSeparators == DefaultSeparators ? "" : $"/separators-{mostSeparators}")}");
        _rules = new KeywordRules(lexicon, foldings, mostSeparators, variantsMayBlock, tiers ?? TierTable.Standard);
    }

    /// <summary>The terms it finds.</summary>
    public Lexicon Lexicon { get; }

    /// <summary>The foldings it applies.</summary>
    public Foldings Foldings { get; }

    /// <summary>
    /// Names the rules by which text and terms are compared, for audit records: <c>fold-3</c>, followed by what differs from the
    /// defaults. Changes whenever a text could be judged differently.
    /// </summary>
    public string FolderVersion { get; }

    /// <summary>Bytes of the compiled tables.</summary>
    public long Size => _rules.Size;

    /// <inheritdoc/>
    public string Name => "keyword";

    /// <inheritdoc/>
    public bool IsImmediate => true;

    /// <inheritdoc/>
    /// <remarks>
    /// What the longest allow or watch term can reach, and a little more. A watch term stretched beyond that by invisible
    /// characters goes unrecorded in a stream; block terms are held, whatever their length, and review terms from there on.
    /// </remarks>
    public int Context => _rules.Context;

    /// <inheritdoc/>
    public ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!_idle.TryDequeue(out var scan)) scan = new KeywordScan(_rules, Name);
        var held = scan.Run(window, detections, cancellationToken);
        _idle.Enqueue(scan);
        return ValueTask.FromResult(held);
    }
}
