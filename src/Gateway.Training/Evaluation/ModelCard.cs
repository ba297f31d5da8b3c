using System.Globalization;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Training.Learning;

namespace Gateway.Training.Evaluation;

/// <summary>Writes the card of a model: what it is, what it can and cannot do, and how it was made.</summary>
internal static class ModelCard
{
    public static string Write(ModelManifest manifest, TrainedModel trained, Report report, string command)
    {
        var ngrams = manifest.Input.Ngrams;
        var network = trained.Network;
        var sources = trained.Train.Examples.GroupBy(example => example.Source, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key} ({group.Count()}, of it harmful {group.Count(example => example.IsHarmful)})");
        return string.Create(CultureInfo.InvariantCulture, $"""
            # {manifest.Name}, version {manifest.Version}

            Says how likely a Chinese or English text, prompt or answer of a language model, is harmful at all (`any`) and which
            risks of the taxonomy it carries. A first model: small, fast, taught by public collections only.

            - Input: folded text as hashed n-grams (Han, kana and the like: 1 to {ngrams.DenseOrder} characters; words: {ngrams.SpacedOrderMin} to {ngrams.SpacedOrderMax} characters inside a word, and 1 to {ngrams.WordOrder} words) in {ngrams.Buckets} buckets, side, script, length.
            - Network: sum of {network.Width} numbers per n-gram (8 bits each), divided by the root of their count; {network.Hidden} hidden units; one logistic output per label. {ngrams.WindowRows * ngrams.RowIds} n-grams are judged at a time, and passages of {ngrams.PassageRows * ngrams.RowIds} beside them; a longer text is judged in overlapping windows. The worst counts.
            - Training: Adagrad, a part of the n-grams left out at random; a part of the texts shown between harmless ones, so that a sentence is found among others; of a harmless text the passage that looks worst is learnt from.
            - Output: probabilities, calibrated per label (Platt, on dev A), calibration inside the graph.
            - Made by `{command}` in {trained.Duration.TotalMinutes:0.0} minutes on 2 cores. SHA-256 of model.onnx: `{manifest.Files[ModelManifest.ModelFileName]}`.

            ## Must not be used for

            - Deciding about people: who wrote a text, what somebody believes, whether somebody is to be punished, hired or insured.
            - Finding sexual content about minors, extremism or crime in earnest: it has seen next to none of it. Word lists and people do that.
            - Standing alone. It complements word lists; it does not know politics, advertisements for gambling, pornography or fraud, nor adversarial spelling beyond what folding undoes.
            - Languages other than Chinese and English.

            ## Figures

            On dev B, a half of the development texts that nothing was tuned on. Dev shares its sources with the training texts: expect clearly lower figures on other texts. {report.Summary()}.

            Harmful against harmless:

            {report.Groups().TrimEnd()}

            Each label against harmless texts. Figures stand only where at least 100 training and 15 dev B texts do; a label taught by fewer than {ThresholdChoice.LeastExamples} texts is recorded and never decides:

            {report.Risks().TrimEnd()}

            Thresholds are chosen on dev A so that all labels together flag {100 * ThresholdChoice.BlockShare:0.0} % (block), {100 * ThresholdChoice.LabelShare:0.0} % (label) and {100 * ThresholdChoice.CutShare:0.0} % (cut) of its harmless texts. On dev B, by source:

            {report.Benign().TrimEnd()}

            ## Labels left out

            No output, because fewer than {Trainer.LeastExamples} training texts carry them: {string.Join(", ", LeftOut(trained))}. Word lists must cover them.

            ## Known failures

            - Chinese harm in the training texts is mostly discrimination on social media, where even people disagree: sarcasm and quotation are often judged wrongly.
            - Neutral mentions of identity groups score too high; rudeness counts as harm; African-American English is over-represented among offensive texts (davidson).
            - Harmless questions that look frightening ("how do I kill a process") may be labelled.
            - One harmful sentence in a long harmless text is found by the passages it lies in, with a lower score than alone: a short insult among hundreds of words may stay below the thresholds.
            - Harm that only the conversation shows is not seen: each text is judged by itself.

            ## Data and licences

            Public collections under licences that allow a model trained on them to be given away: Apache-2.0, MIT, CC0-1.0, CC-BY-3.0 and 4.0, CC-BY-SA-4.0, CC-BY-SA-3.0-ES (stormfront), CDLA-Permissive-2.0 (toxigen_seed). Those that ask for attribution are named with their repositories in ATTRIBUTION.md. Texts per source:
            {string.Join("; ", sources)}.

            """).ReplaceLineEndings("\n");
    }

    private static IEnumerable<string> LeftOut(TrainedModel trained) =>
        Taxonomy.Default.All.Where(label => !trained.Network.Labels.Contains(label))
            .Select(label => $"{label} ({trained.Counts.GetValueOrDefault(label)})");
}
