using System.Text;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>One place in a <see cref="JsonShape"/>.</summary>
internal sealed class ShapeNode
{
    private readonly List<ShapeNode> _properties = [];
    private readonly byte[] _name;

    private ShapeNode(string name, FieldRule rule, int ordinal)
    {
        Name = name;
        _name = Encoding.UTF8.GetBytes(name);
        Ordinal = ordinal;
        Line = new ShapeRule("", rule, "");
    }

    /// <summary>Where no rule reaches: everything below is text.</summary>
    public static ShapeNode Unknown { get; } = new("", FieldRule.Text, -1);

    /// <summary>
    /// A string in a list that no rule knows, or at the same place in each of its objects: whoever takes such a list may read it as one text, so it
    /// is judged joined too.
    /// </summary>
    public static ShapeNode UnknownPart { get; } = new("", FieldRule.Text, -1) { Line = new ShapeRule("", FieldRule.Text, "") { Joins = true, IsPart = true } };

    /// <summary>Below a watched place that has no rules of its own.</summary>
    public static ShapeNode UnknownWatched { get; } = new("", FieldRule.Watch, -1);

    /// <summary>Below a place whose strings are whole in their event.</summary>
    public static ShapeNode UnknownWhole { get; } = new("", FieldRule.Text, -1) { Line = new ShapeRule("", FieldRule.Text, "") { IsWhole = true } };

    /// <summary>Below the arguments of a tool that are given as an object.</summary>
    public static ShapeNode UnknownArguments { get; } =
        new("", FieldRule.Text, -1) { Line = new ShapeRule("", FieldRule.Text, "") { IsWhole = true, Capture = FieldCapture.ToolArguments } };

    public string Name { get; }

    /// <summary>Position among its siblings, for duplicate detection; −1 for places without a rule.</summary>
    public int Ordinal { get; }

    /// <summary>The rule that names this place.</summary>
    public ShapeRule Line { get; private set; }

    public FieldRule Rule => Line.Rule;

    public FieldCapture Capture => Line.Capture;

    /// <summary>Identity of the channel it belongs to, where the rule names one.</summary>
    public ulong? ChannelHash { get; private set; }

    /// <summary>The node for array elements.</summary>
    public ShapeNode? Items { get; private set; }

    /// <summary>A bit for the <see cref="Ordinal"/> of each property that must be present.</summary>
    public ulong RequiredMask { get; private set; }

    /// <summary>The node for everything below that has no rule.</summary>
    public ShapeNode Rest => Rule == FieldRule.Watch ? UnknownWatched
        : Capture == FieldCapture.ToolArguments ? UnknownArguments
        : Line.IsWhole ? UnknownWhole
        : this == UnknownPart ? UnknownPart
        : Unknown;

    /// <summary>The node for array elements that have no rule.</summary>
    public ShapeNode Elements => Line.Joins ? this : Rest == Unknown ? UnknownPart : Rest;

    public static ShapeNode Root() => new("", FieldRule.Text, 0);

    /// <summary>The child that the reader's property name names, or <see langword="null"/>.</summary>
    public ShapeNode? Find(ref Utf8JsonReader reader)
    {
        foreach (var property in _properties)
        {
            if (reader.ValueTextEquals(property._name)) return property;
        }

        return _properties.Count == 0 ? null : FindLoosely(ref reader);
    }

    /// <summary>Many servers and clients do not mind how a name is cased; some (Go's) take a long s and the sign of Kelvin for letters, too.</summary>
    private ShapeNode? FindLoosely(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan;
        if (reader.ValueIsEscaped || name.IndexOf("\u017F"u8) >= 0 || name.IndexOf("\u212A"u8) >= 0)
        {
            name = Encoding.UTF8.GetBytes(reader.GetString()!.Replace('\u017F', 's').Replace('\u212A', 'k'));
        }

        foreach (var property in _properties)
        {
            if (Ascii.EqualsIgnoreCase(name, property._name)) return property;
        }

        return null;
    }

    /// <summary>The child with a name, or <see langword="null"/>.</summary>
    public ShapeNode? Find(ReadOnlySpan<byte> name)
    {
        foreach (var property in _properties)
        {
            if (name.SequenceEqual(property._name)) return property;
        }

        return null;
    }

    public ShapeNode GetOrAddProperty(string name)
    {
        var node = _properties.Find(property => property.Name == name);
        if (node is null)
        {
            if (_properties.Count == 64) throw new InvalidOperationException("A shape holds at most 64 properties an object.");
            node = new ShapeNode(name, FieldRule.Text, _properties.Count) { Line = Rest.Line };
            _properties.Add(node);
        }

        return node;
    }

    public ShapeNode GetOrAddItems() => Items ??= new ShapeNode("[]", FieldRule.Text, 0) { Line = Elements.Line };

    /// <summary>The name of the property with an ordinal.</summary>
    public string NameOf(int ordinal) => _properties[ordinal].Name;

    public void Apply(ShapeRule rule, ShapeNode parent)
    {
        // What is complete in its event is so with all its parts.
        Line = parent.Line.IsWhole && !rule.IsWhole ? rule with { IsWhole = true } : rule;
        ChannelHash = rule.Channel is null ? null : PathHashes.OfName(rule.Channel);
        if (rule.IsRequired) parent.RequiredMask |= 1UL << Ordinal;
    }
}
