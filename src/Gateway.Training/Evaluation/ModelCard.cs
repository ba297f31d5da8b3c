using System.Globalization;
using System.Text;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Training.Learning;

namespace Gateway.Training.Evaluation;

/// <summary>Writes the card of a model: what it is, what it can and cannot do, and how it was made.</summary>
internal static class ModelCard
{
    public static string Write(ModelManifest manifest, TrainedModel trained, Report report, IReadOnlyList<UnseenSource> unseen, string command)
    {
        var ngrams = manifest.Input.Ngrams;
        var network = trained.Network;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # {manifest.Name}, version {manifest.Version}

            Says how likely a Chinese or English text, prompt or answer of a language model, is harmful at all (`any`) and which
            risks of the taxonomy it carries. Small and fast; taught by public collections and by pairs written for this project.

            - Input: folded text as hashed n-grams (Han, kana and the like: 1 to {ngrams.DenseOrder} characters; words: {ngrams.SpacedOrderMin} to {ngrams.SpacedOrderMax} characters inside a word, and 1 to {ngrams.WordOrder} words) in {ngrams.Buckets} buckets, side, script, length. Separators inside words and digits that stand for letters are undone first; words of an answer, and those of the first {ngrams.OpeningLength} characters, have an id of their own beside the common one.
            - Network: sum of {network.Width} numbers per n-gram (8 bits each), divided by the root of their count; {network.Local} local units over each row of {ngrams.RowIds} n-grams, of which a text has the fourth root of the sum of fourth powers; {network.Hidden} hidden units over both; one logistic output per label. `any` also hears a linear score over {ngrams.HighestId} finer buckets: each n-gram's log ratio between harmful and harmless texts times a learnt weight, over the length of the vector of ratios; repetitions within {ngrams.RepeatIds} n-grams count once. {ngrams.WindowRows * ngrams.RowIds} n-grams are judged at a time, and passages of {ngrams.PassageRows * ngrams.RowIds} beside them; a longer text is judged in overlapping windows. The worst counts, a passage less than the whole.
            - Training: the linear part, then the others, each for itself; their shares of `any`, and how much less a passage counts, are chosen on dev A. Adagrad, a part of the n-grams left out at random; a part of the texts shown between harmless ones, so that a sentence is found among others; of a harmless text the passage that looks worst is learnt from. Own pairs are shown several times, both halves varied alike. Harmful texts of sources on which readers disagree are taught as less sure.{Harmless(trained)}
            - Output: probabilities, calibrated per label (Platt, on dev A), calibration inside the graph.
            - Made by `{command}` in {trained.Duration.TotalMinutes:0.0} minutes. SHA-256 of model.onnx: `{manifest.Files[ModelManifest.ModelFileName]}`.

            ## Must not be used for

            - Deciding about people: who wrote a text, what somebody believes, whether somebody is to be punished, hired or insured.
            - Finding sexual content about minors: it has seen none, on purpose. Word lists and operators' own data do that.
            - Standing alone. It complements word lists; it sees the words of a text rather than its meaning.
            - Languages other than Chinese and English.

            ## Figures

            In brackets: the interval in which 95 of 100 samples like this one would lie (bootstrap). "Flagged" means at the shipped thresholds.

            **Dev B**, a half of the development texts that no step, threshold or calibration was fitted to; it was looked at while steps were chosen on the other half, so its figures are a little kind. Dev shares its sources with the training texts: expect clearly lower figures on other texts.

            {EvaluationTable.Markdown(report.DevB, "all", "language", "side", "language and side").TrimEnd()}

            {OwnTest(report)}

            **Evasive spelling**, harmful texts of dev B and of the own test part together:

            {report.Evasion().TrimEnd()}

            **Sources it never saw**, each left out of training in turn, measured on its part of dev B (harmful texts beside the harmless ones of all sources):

            {Unseen(unseen).TrimEnd()}

            ## Labels

            Each label against harmless texts, on dev B. A label taught by fewer than {ThresholdChoice.LeastExamples} texts is recorded and never decides:

            {EvaluationTable.Markdown(report.DevB, "label").TrimEnd()}

            {Coverage(trained)}

            ## Thresholds

            Chosen on dev A and on own pairs held back from training so that all labels together flag {100 * ThresholdChoice.BlockShare:0.0} % (block), {100 * ThresholdChoice.LabelShare:0.0} % (label) and {100 * ThresholdChoice.CutShare:0.0} % (cut) of the harmless texts, and at most {100 * ThresholdChoice.TwinBlockShare:0.0} %, {100 * ThresholdChoice.TwinLabelShare:0.0} % and {100 * ThresholdChoice.TwinCutShare:0.0} % of harmless twins. Signs of a crisis are labelled and never block. Dev B by source:

            {EvaluationTable.Markdown(report.DevB, "source").TrimEnd()}

            ## Known failures

            - Intent that only the whole sentence shows: it tells a harmful text from a harmless one with the same words about as well as the own test part above says, and no better.
            - Chinese harm in the public texts is mostly discrimination on social media, where even people disagree: sarcasm and quotation are often judged wrongly.
            - Neutral mentions of identity groups score too high; rudeness counts as harm; African-American English is over-represented among offensive texts (davidson).
            - One harmful sentence in a long harmless text is found by the passages it lies in, with a lower score than alone: a short insult among hundreds of words may stay below the thresholds.
            - Harm that only the conversation shows is not seen: each text is judged by itself.

            ## Data and licences

            Own pairs: written for this project, in `data/`, under the project's licence. {OwnCount(trained)}
            Public collections under licences that allow a model trained on them to be given away: Apache-2.0, MIT, CC0-1.0, CC-BY-3.0 and 4.0, CC-BY-SA-4.0, CC-BY-SA-3.0-ES (stormfront), CDLA-Permissive-2.0 (toxigen_seed). Those that ask for attribution are named with their repositories in ATTRIBUTION.md. Texts per source:
            {Sources(trained)}.{HarmlessSources(trained)}

            """).ReplaceLineEndings("\n");
    }

    private static string OwnTest(Report report) => report.OwnTest is null ? "" :
        $"""
        **Own test part**, a fifth of the pairs of a harmful text and a harmless twin that shares its words, never trained on, by group of the standard:

        {EvaluationTable.Markdown(report.OwnTest, "all", "risk group", "source").TrimEnd()}
        """;

    private static string Unseen(IReadOnlyList<UnseenSource> unseen)
    {
        if (unseen.Count == 0) return "Not measured for this model (`--leave-out`).";
        var table = new StringBuilder("| source | with it | without it |\n|---|---|---|\n");
        foreach (var (source, with, without) in unseen) table.Append(CultureInfo.InvariantCulture, $"| {source} | {with} | {without} |\n");
        return table.ToString();
    }

    /// <summary>What it was taught per risk of the taxonomy, and what has no output.</summary>
    private static string Coverage(TrainedModel trained)
    {
        var table = new StringBuilder("Coverage of the taxonomy:\n\n| risk | texts to learn from | label from | block from | cut from |\n|---|---|---|---|---|\n");
        foreach (var label in Taxonomy.Default.All)
        {
            var thresholds = !trained.Network.Labels.Contains(label) ? "no output: word lists must cover it | – | –"
                : trained.Thresholds.TryGetValue(label, out var chosen) ? string.Create(CultureInfo.InvariantCulture, $"{chosen.Label:0.0000} | {chosen.Block:0.0000} | {chosen.Cut:0.0000}")
                : "recorded, never decides | – | –";
            table.Append(CultureInfo.InvariantCulture, $"| {label} | {trained.Counts.GetValueOrDefault(label)} | {thresholds} |\n");
        }

        return table.ToString().TrimEnd();
    }

    private static string Harmless(TrainedModel trained) => trained.Data.Harmless.Count == 0 ? "" :
        string.Create(CultureInfo.InvariantCulture, $" Of {trained.Data.Harmless.Count} harmless texts of a public corpus (laws, encyclopedias, manuals, news) the {trained.Settings.HardTexts} teach that the linear part takes for the most harmful, and {trained.Settings.CalmTexts} others; the linear part itself learns none of them.");

    private static string HarmlessSources(TrainedModel trained) => trained.Data.Harmless.Count == 0 ? "" :
        "\nThe sources of the harmless texts of the corpus (CC0, CC-BY-4.0, CC-BY-SA-3.0 and 4.0, Apache-2.0, MIT, BSD-3-Clause, PSF-2.0, Unlicense, public domain) are in ATTRIBUTION.md, too.";

    private static string OwnCount(TrainedModel trained) => trained.Data.Own is not { } own ? "None were used." :
        string.Create(CultureInfo.InvariantCulture, $"{own.Train.DistinctBy(example => (example.Family, example.IsBenign)).Count()} texts taught, {own.Steer.Count} steered, {own.Test.Count} were kept for the test.");

    private static string Sources(TrainedModel trained) => string.Join("; ", trained.Data.Train
        .GroupBy(example => example.Source, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Key} ({group.Count()}, of it harmful {group.Count(example => !example.IsBenign)})")));
}
