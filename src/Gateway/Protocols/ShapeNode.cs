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
        Rule = rule;
        Ordinal = ordinal;
    }

    /// <summary>Where no rule reaches: everything below is text.</summary>
    public static ShapeNode Unknown { get; } = new("", FieldRule.Text, -1);

    /// <summary>Below a watched place that has no rules of its own.</summary>
    public static ShapeNode UnknownWatched { get; } = new("", FieldRule.Watch, -1);

    public string Name { get; }

    /// <summary>Position among its siblings, for duplicate detection; −1 for places without a rule.</summary>
    public int Ordinal { get; }

    public FieldRule Rule { get; set; }

    public FieldCapture Capture { get; set; }

    /// <summary>Kind of <see cref="FieldRule.Media"/>: image, audio, file.</summary>
    public string? MediaKind { get; set; }

    /// <summary>Token types that are valid here, <see langword="null"/> for any.</summary>
    public JsonTokenType[]? Expected { get; set; }

    /// <summary>Adjacent strings of this place are one text, as the model reads them.</summary>
    public bool Joins { get; set; }

    /// <summary>Each element of this array opens a group: a message, a choice.</summary>
    public bool IsGroup { get; set; }

    /// <summary>Each element of this array opens a part of a group: a tool call.</summary>
    public bool IsSubGroup { get; set; }

    /// <summary>The node for array elements.</summary>
    public ShapeNode? Items { get; private set; }

    /// <summary>A bit for the <see cref="Ordinal"/> of each property that must be present.</summary>
    public ulong RequiredMask { get; private set; }

    /// <summary>The node for everything below that has no rule.</summary>
    public ShapeNode Rest => Rule == FieldRule.Watch ? UnknownWatched : Unknown;

    public static ShapeNode Root() => new("", FieldRule.Text, 0);

    /// <summary>The child that the reader's property name names, or <see langword="null"/>.</summary>
    public ShapeNode? Find(ref Utf8JsonReader reader)
    {
        foreach (var property in _properties)
        {
            if (reader.ValueTextEquals(property._name)) return property;
        }

        return null;
    }

    public ShapeNode GetOrAddProperty(string name)
    {
        var node = _properties.Find(property => property.Name == name);
        if (node is null)
        {
            if (_properties.Count == 64) throw new InvalidOperationException("A shape holds at most 64 properties an object.");
            node = new ShapeNode(name, FieldRule.Text, _properties.Count);
            _properties.Add(node);
        }

        return node;
    }

    /// <summary>The name of the property with an ordinal.</summary>
    public string NameOf(int ordinal) => _properties[ordinal].Name;

    public void Require(ShapeNode property) => RequiredMask |= 1UL << property.Ordinal;

    public ShapeNode GetOrAddItems() => Items ??= new ShapeNode("[]", FieldRule.Text, 0);
}
