using System.Collections.Concurrent;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Matching;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// Finds the terms of a lexicon in folded text. Answers at once, allocates nothing when it finds nothing, and holds back
/// exactly the characters that may still become part of a block or review term, or of a hit that text to come may
/// still undo (a longer allow term, a longer word). Watch terms hold nothing, but for the last character of one that must be a whole word.
/// Immutable and safe for any number of threads.
/// </summary>
public sealed class KeywordDetector : IDetector
{
    private readonly KeywordRules _rules;
    private readonly ConcurrentQueue<KeywordScan> _idle = new();

    /// <summary>Compiles a lexicon, which takes about a second for 60,000 terms.</summary>
    /// <param name="lexicon">The terms.</param>
    /// <param name="folder">How text is folded; <see cref="TextFolder.Default"/> when left out.</param>
    public KeywordDetector(Lexicon lexicon, TextFolder? folder = null)
    {
        ArgumentNullException.ThrowIfNull(lexicon);
        Lexicon = lexicon;
        Folder = folder ?? TextFolder.Default;
        _rules = new KeywordRules(lexicon, Folder);
    }

    /// <summary>The terms it finds.</summary>
    public Lexicon Lexicon { get; }

    /// <summary>How it folds text.</summary>
    public TextFolder Folder { get; }

    /// <inheritdoc/>
    public string Name => "keyword";

    /// <inheritdoc/>
    public bool IsImmediate => true;

    /// <inheritdoc/>
    /// <remarks>
    /// Twice the longest allow or watch term, and a little more. A watch term stretched beyond that by invisible
    /// characters goes unrecorded in a stream; block and review terms are held, whatever their length.
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
