using System.Text.Json;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;

namespace Gateway.Detectors;

/// <summary>Reads what an HTTP classifier answered. Anything but the agreed form is a fault, never a clean answer.</summary>
internal static class CategoryScores
{
    /// <summary>Categories of OpenAI's moderation models and of Qwen3Guard, as risks of the taxonomy.</summary>
    public static IReadOnlyDictionary<string, string> BuiltIn { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["harassment"] = "physical-mental-harm.abuse",
        ["harassment/threatening"] = "physical-mental-harm.abuse",
        ["hate"] = "discrim-other",
        ["hate/threatening"] = "discrim-other",
        ["illicit"] = "other-prohibited",
        ["illicit/violent"] = "other-prohibited.weapons",
        ["self-harm"] = "physical-mental-harm.self-harm",
        ["self-harm/intent"] = "x-self-harm-crisis",
        ["self-harm/instructions"] = "physical-mental-harm.self-harm",
        ["sexual"] = "violence-obscenity.sexual",
        ["sexual/minors"] = "x-minor-image",
        ["violence"] = "violence-obscenity.violence",
        ["violence/graphic"] = "violence-obscenity.violence",
        ["Violent"] = "violence-obscenity.violence",
        ["Non-violent Illegal Acts"] = "other-prohibited",
        ["Sexual Content or Sexual Acts"] = "violence-obscenity.sexual",
        ["PII"] = "personal-info",
        ["Personally Identifiable Information"] = "personal-info",
        ["Suicide & Self-Harm"] = "physical-mental-harm.self-harm",
        ["Unethical Acts"] = "physical-mental-harm",
        ["Politically Sensitive Topics"] = "national-security-image",
        ["Copyright Violation"] = "ip-infringement",
        ["Jailbreak"] = "x-prompt-injection",
    };

    /// <summary>Scores by label from an answer of <c>/v1/moderations</c>: the highest category is <c>any</c>.</summary>
    /// <exception cref="ClassifierFaultException">The answer has another form.</exception>
    public static Dictionary<string, float> OfModerations(JsonElement answer, IReadOnlyDictionary<string, string> risks, float flagged)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("results", out var results) || results.ValueKind != JsonValueKind.Array || results.GetArrayLength() != 1)
            throw Bad("has no \"results\" with one entry");
        var result = results[0];
        if (result.ValueKind != JsonValueKind.Object || !result.TryGetProperty("category_scores", out var categories) || categories.ValueKind != JsonValueKind.Object)
            throw Bad("has no \"category_scores\"");
        var scores = new Dictionary<string, float>(StringComparer.Ordinal) { [Detection.AnyLabel] = 0 };
        foreach (var category in categories.EnumerateObject())
        {
            if (category.Value.ValueKind != JsonValueKind.Number || !category.Value.TryGetSingle(out var score) || score is not (>= 0 and <= 1))
                throw Bad("has a category score that is no number from 0 to 1");
            Raise(scores, Detection.AnyLabel, score);
            if (risks.TryGetValue(category.Name, out var risk)) Raise(scores, risk, score);
        }

        // The service's own decision counts, whatever its scores mean.
        if (result.TryGetProperty("flagged", out var isFlagged) && isFlagged.ValueKind == JsonValueKind.True) Raise(scores, Detection.AnyLabel, flagged);
        return scores;
    }

    /// <summary>Scores by label from the words of a guard: "Safety: Unsafe", then "Categories: Violent, PII".</summary>
    /// <exception cref="ClassifierFaultException">The answer has another form.</exception>
    public static Dictionary<string, float> OfGuard(JsonElement answer, IReadOnlyDictionary<string, string> risks, float controversial)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0
            || choices[0].ValueKind != JsonValueKind.Object || !choices[0].TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
            throw Bad("has no \"choices\" with a message");
        string? safety = null, categories = null;
        foreach (var line in content.GetString()!.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (safety is null && line.StartsWith("Safety:", StringComparison.OrdinalIgnoreCase)) safety = line["Safety:".Length..].Trim();
            else if (categories is null && line.StartsWith("Categories:", StringComparison.OrdinalIgnoreCase)) categories = line["Categories:".Length..].Trim();
        }

        var score = safety?.ToLowerInvariant() switch
        {
            "safe" => 0f,
            "controversial" => controversial,
            "unsafe" => 1f,
            _ => throw Bad("does not say \"Safety: Safe\", \"Controversial\" or \"Unsafe\""),
        };
        var scores = new Dictionary<string, float>(StringComparer.Ordinal) { [Detection.AnyLabel] = score };
        foreach (var category in (categories ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (risks.TryGetValue(category, out var risk)) Raise(scores, risk, score);
        return scores;
    }

    /// <summary>The built-in categories with those of the configuration.</summary>
    public static Dictionary<string, string> With(IReadOnlyDictionary<string, string> more)
    {
        var risks = new Dictionary<string, string>(BuiltIn, StringComparer.OrdinalIgnoreCase);
        foreach (var (category, risk) in more) risks[category] = risk;
        return risks;
    }

    private static void Raise(Dictionary<string, float> scores, string label, float score)
    {
        if (!scores.TryGetValue(label, out var before) || score > before) scores[label] = score;
    }

    private static ClassifierFaultException Bad(string what) => new(ClassifierFault.BadOutput, $"the HTTP classifier's answer {what}");
}
