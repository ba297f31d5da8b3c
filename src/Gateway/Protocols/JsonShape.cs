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

    /// <summary>The place of the body's outermost value.</summary>
    public ShapeNode Root { get; } = ShapeNode.Root();

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

        node.Rule = rule.Rule;
        node.Capture = rule.Capture;
        node.MediaKind = rule.MediaKind;
        node.Expected = rule.Expected;
        if (rule.IsRequired) parent.Require(node);
        node.Joins = rule.Joins;
        node.IsGroup = rule.IsGroup;
        node.IsSubGroup = rule.IsSubGroup;
    }
}
