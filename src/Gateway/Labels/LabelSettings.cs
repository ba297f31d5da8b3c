using Gateway.Configuration;

namespace Gateway.Labels;

/// <summary>Checks section <c>Gateway:Label</c>.</summary>
internal static class LabelSettings
{
    /// <summary>What stops the start: key, value, remedy.</summary>
    public static IEnumerable<(string Key, string Value, string Remedy)> Faults(LabelOptions options, bool isRegulated)
    {
        foreach (var (key, value) in Names(options))
        {
            if (value.Length == 0 || !AigcLabel.IsValue(value) || value.Contains('"'))
                yield return (key, value, "printable ASCII without space, backslash or quote (GB 45438-2025, Annex E): where the name is Chinese, use the provider code");
            else if (ProviderCode.IsMeant(value))
            {
                if (ProviderCode.Fault(value) is { } fault) yield return (key, value, fault);
            }
            else if (isRegulated || options.Required == true)
            {
                yield return (key, value, "a provider code of 27 characters in regulated mode, and where Gateway:Label:Required is true: it follows from the operator's registration");
            }
        }

        if ((options.Required ?? isRegulated) && options.Producer is null)
        {
            yield return ("Label:Producer", "", options.Required is null
                ? "the operator's provider code of 27 characters, because Gateway:Regulated is true: a public service must label what it generates. Where none is to be labelled write Gateway:Label:Required=false"
                : "the operator's provider code of 27 characters, because Gateway:Label:Required is true");
        }

        if (options.Algorithm is not (HmacLabelCode.Name or EcdsaLabelCode.Name)) yield return ("Label:Algorithm", options.Algorithm, "hs256 or es256");
        if (options.OnUpstream is not ("Keep" or "Replace")) yield return ("Label:OnUpstream", options.OnUpstream, "Keep or Replace");
        if (options.Streams is not ("Last" or "FirstAndLast")) yield return ("Label:Streams", options.Streams, "Last or FirstAndLast");
    }

    /// <summary>What is said at the start and does not stop it.</summary>
    public static IEnumerable<string> Warnings(LabelOptions options)
    {
        if (options.Producer is null)
            yield return "Gateway:Label:Producer is not set: answers carry no AI-content label (AIGC). Set your provider code where labels are required.";
        foreach (var (key, value) in Names(options))
        {
            if (!ProviderCode.IsMeant(value)) yield return $"Gateway:{key} is a name and no provider code of 27 characters. Use the code in production.";
            else if (ProviderCode.Doubt(value) is { } doubt) yield return $"Gateway:{key}: {doubt}. Look at your registration.";
        }
    }

    private static IEnumerable<(string Key, string Value)> Names(LabelOptions options)
    {
        if (options.Producer is { } producer) yield return ("Label:Producer", producer);
        if (options.Propagator is { } propagator) yield return ("Label:Propagator", propagator);
    }
}
