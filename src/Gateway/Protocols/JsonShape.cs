namespace Gateway.Protocols;

/// <summary>
/// What a protocol knows of one kind of JSON body: which strings are structural, which belong together, which values the
/// gateway needs. Inspect by default, exempt by name: a path without a rule is text, and so is an unknown property's name.
/// </summary>
internal sealed class JsonShape
{
    /// <summary>Makes a shape from its rules.</summary>
    /// <param name="rules">The rules, a line each.</param>
    public JsonShape(params ReadOnlySpan<ShapeRule> rules)
    {
        foreach (var rule in rules) Apply(rule);
    }

    /// <summary>The label of GB 45438-2025, Annex E, that a model server wrote into its answer: structure, which nobody masks.</summary>
    private static readonly ShapeRule[] Label =
    [
        .. new[] { "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2" }
            .Select(name => new ShapeRule($"AIGC.{name}", FieldRule.Structural, "label of the model server")),
    ];

    /// <summary>A body of which nothing is known: everything is text.</summary>
    public static JsonShape Unknown { get; } = new();

    /// <summary>The place of the body's outermost value.</summary>
    public ShapeNode Root { get; } = ShapeNode.Root();

    /// <summary>What its groups are called, for records: <c>choices</c>.</summary>
    public string GroupName { get; private set; } = "body";

    /// <summary>What the parts of its groups are called, for records: <c>tool_calls</c>.</summary>
    public string PartName { get; private set; } = "parts";

    /// <summary>Its groups say when they are complete: each is an answer of its own. Otherwise they are the parts of one.</summary>
    public bool HasAnswers { get; private set; }

    /// <summary>The shape of an answer that may carry a label.</summary>
    public JsonShape WithLabel()
    {
        if (this == Unknown) return this; // also the shape of what is no model's answer
        foreach (var rule in Label) Apply(rule);
        return this;
    }

    private void Apply(ShapeRule rule)
    {
        var node = Root;
        var parent = Root;
        foreach (var part in rule.Path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = part;
            var arrays = 0;
            while (name.EndsWith("[]", StringComparison.Ordinal))
            {
                name = name[..^2];
                arrays++;
            }

            parent = node;
            if (name.Length > 0) node = node.GetOrAddProperty(name);
            for (; arrays > 0; arrays--) node = node.GetOrAddItems();
        }

        node.Apply(rule, parent);
        if (rule.IsGroup) GroupName = rule.Called ?? NameOf(rule.Path);
        if (rule.Capture == FieldCapture.Finish) HasAnswers = true;
        if (rule.IsSubGroup) PartName = NameOf(rule.Path);
    }

    private static string NameOf(string path) => path.Length == 0 ? "event" : path[(path.LastIndexOf('.') + 1)..].TrimEnd('[', ']');
}
