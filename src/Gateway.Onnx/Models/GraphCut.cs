namespace Gateway.Onnx.Models;

/// <summary>
/// Cuts an ONNX graph at a tensor: what comes before is left out, and the tensor becomes an input. The file stays a whole graph that any
/// runtime can run from its ids; the gateway runs the part behind the sums and makes those itself (<see cref="EmbeddingTable"/>).
/// </summary>
internal static class GraphCut
{
    // Fields of onnx.proto (github.com/onnx/onnx, IR version 8).
    private const int ModelGraph = 7, GraphNode = 1, GraphConstant = 5, GraphInput = 11, GraphOutput = 12;
    private const int NodeInput = 1, NodeOutput = 2, NodeAttribute = 5, AttributeGraph = 6, AttributeGraphs = 11, ValueName = 1;
    private const int TensorDimension = 1, TensorType = 2, TensorName = 8, TensorRaw = 9;
    private const int FloatType = 1, Int8Type = 3;

    /// <summary>The graph behind a tensor.</summary>
    /// <param name="model">The model file.</param>
    /// <param name="tensor">The tensor that becomes an input, float [rows, <paramref name="width"/>].</param>
    /// <param name="width">Its columns.</param>
    /// <exception cref="InvalidDataException">The file is malformed, or no node makes that tensor.</exception>
    public static byte[] After(ReadOnlySpan<byte> model, string tensor, int width)
    {
        var cut = new ProtoWriter();
        var reader = new ProtoReader(model);
        while (reader.Read())
        {
            if (reader.Field == ModelGraph) cut.Bytes(ModelGraph, CutGraph(reader.Bytes, tensor, width));
            else cut.Raw(reader.Whole);
        }

        return cut.ToArray();
    }

    /// <summary>The bytes and the shape of a constant of small whole numbers (int8) in two dimensions.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or has no such constant.</exception>
    public static ReadOnlySpan<byte> Int8Constant(ReadOnlySpan<byte> model, string constant, out long rows, out long columns)
    {
        var reader = new ProtoReader(Graph(model));
        while (reader.Read())
        {
            if (reader.Field != GraphConstant || Name(reader.Bytes, TensorName) != constant) continue;
            List<long> shape = [];
            long type = 0;
            ReadOnlySpan<byte> raw = default;
            var tensor = new ProtoReader(reader.Bytes);
            while (tensor.Read())
            {
                if (tensor.Field == TensorDimension) AddDimensions(ref tensor, shape);
                else if (tensor.Field == TensorType) type = tensor.Number;
                else if (tensor.Field == TensorRaw) raw = tensor.Bytes;
            }

            if (type != Int8Type || shape.Count != 2 || shape[0] < 0 || shape[1] < 0 || raw.Length != shape[0] * shape[1])
                throw new InvalidDataException($"its constant \"{constant}\" must be int8 in two dimensions, stored as raw data");
            (rows, columns) = (shape[0], shape[1]);
            return raw;
        }

        throw new InvalidDataException($"it has no constant \"{constant}\"");
    }

    private static void AddDimensions(ref ProtoReader tensor, List<long> shape)
    {
        // Whole numbers of one field may be packed into one, or stand one by one.
        if (tensor.Bytes.IsEmpty)
        {
            shape.Add(tensor.Number);
            return;
        }

        var packed = new ProtoWriter();
        foreach (var next in tensor.Bytes)
        {
            packed.Raw([next]);
            if (next >= 0x80) continue;
            var number = new ProtoReader([TensorDimension << 3, .. packed.ToArray()]);
            number.Read();
            shape.Add(number.Number);
            packed = new ProtoWriter();
        }
    }

    private static ReadOnlySpan<byte> Graph(ReadOnlySpan<byte> model)
    {
        var reader = new ProtoReader(model);
        while (reader.Read())
        {
            if (reader.Field == ModelGraph) return reader.Bytes;
        }

        throw new InvalidDataException("it holds no graph");
    }

    private static byte[] CutGraph(ReadOnlySpan<byte> graph, string tensor, int width)
    {
        // 1. Who makes what, and what is asked for at the end.
        var makers = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string[]> needs = [];
        Queue<string> wanted = new();
        var reader = new ProtoReader(graph);
        while (reader.Read())
        {
            if (reader.Field == GraphOutput) wanted.Enqueue(Name(reader.Bytes, ValueName));
            if (reader.Field != GraphNode) continue;
            foreach (var output in Texts(reader.Bytes, NodeOutput)) makers[output] = needs.Count;
            needs.Add(Texts(reader.Bytes, NodeInput));
            if (HoldsGraph(reader.Bytes)) throw new InvalidDataException("it has a node with a graph of its own, whose needs cannot be told");
        }

        if (!makers.ContainsKey(tensor)) throw new InvalidDataException($"no node of it makes \"{tensor}\"");

        // 2. From the end back to the tensor: all that is needed.
        HashSet<string> needed = [];
        HashSet<int> kept = [];
        while (wanted.TryDequeue(out var name))
        {
            if (!needed.Add(name) || name == tensor || !makers.TryGetValue(name, out var node)) continue;
            kept.Add(node);
            foreach (var input in needs[node]) wanted.Enqueue(input);
        }

        // 3. The same graph without the rest, and the tensor as its first input.
        var cut = new ProtoWriter().Message(GraphInput, Value(tensor, width));
        var position = 0;
        reader = new ProtoReader(graph);
        while (reader.Read())
        {
            var isKept = reader.Field switch
            {
                GraphNode => kept.Contains(position++),
                GraphConstant => needed.Contains(Name(reader.Bytes, TensorName)),
                GraphInput => needed.Contains(Name(reader.Bytes, ValueName)),
                _ => true,
            };
            if (isKept) cut.Raw(reader.Whole);
        }

        return cut.ToArray();
    }

    private static bool HoldsGraph(ReadOnlySpan<byte> node)
    {
        var reader = new ProtoReader(node);
        while (reader.Read())
        {
            if (reader.Field != NodeAttribute) continue;
            var attribute = new ProtoReader(reader.Bytes);
            while (attribute.Read())
            {
                if (attribute.Field is AttributeGraph or AttributeGraphs) return true;
            }
        }

        return false;
    }

    private static ProtoWriter Value(string name, int width)
    {
        var shape = new ProtoWriter()
            .Message(1, new ProtoWriter().Text(2, "rows"))
            .Message(1, new ProtoWriter().Int(1, width));
        return new ProtoWriter().Text(ValueName, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Int(1, FloatType).Message(2, shape)));
    }

    private static string Name(ReadOnlySpan<byte> message, int field) => Texts(message, field) is [var name, ..] ? name : "";

    private static string[] Texts(ReadOnlySpan<byte> message, int field)
    {
        List<string> texts = [];
        var reader = new ProtoReader(message);
        while (reader.Read())
        {
            if (reader.Field == field) texts.Add(reader.Text);
        }

        return [.. texts];
    }
}
