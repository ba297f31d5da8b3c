using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Detectors;

/// <summary>One finding of one detector. It says what was found and where, never what to do about it.</summary>
/// <param name="Risk">An id, or <c>id.sub</c>, of the taxonomy.</param>
/// <param name="Start">Offset in the judged text, UTF-16 units.</param>
/// <param name="Length">Length in the judged text, UTF-16 units.</param>
/// <param name="Score">1 for a keyword; the calibrated probability, 0–1, for a classifier.</param>
/// <param name="Detector">Name of the detector: <c>keyword</c>, <c>classifier</c>.</param>
/// <param name="Rule">What fired, without quoting the text: <c>drugs.tsv:12</c> for a term, <c>model/label</c> for a classifier.</param>
/// <param name="Tier">The term's tier; <see langword="null"/> for findings that carry a score instead.</param>
/// <param name="Label">For a classifier, the output the score belongs to: a risk id or <c>any</c>. Thresholds are looked up by it.</param>
/// <param name="Foldings">The foldings a keyword hit needed.</param>
/// <param name="LabelsOnly">
/// It must not decide more than a label, whatever its tier: found in a spelling that innocent text has too, or in text part of which
/// may have left before it was understood.
/// </param>
public readonly record struct Detection(
    string Risk,
    int Start,
    int Length,
    float Score,
    string Detector,
    string Rule,
    Tier? Tier = null,
    string? Label = null,
    Foldings Foldings = Foldings.None,
    bool LabelsOnly = false)
{
    /// <summary>The classifier output that says "harmful at all", whatever the risk.</summary>
    public const string AnyLabel = "any";

    /// <summary>Offset just past the finding, UTF-16 units.</summary>
    public int End => Start + Length;
}
